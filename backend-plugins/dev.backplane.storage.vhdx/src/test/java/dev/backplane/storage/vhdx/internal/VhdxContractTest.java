package dev.backplane.storage.vhdx.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.storage.vhdx.internal.VhdxCreation.Subformat;
import dev.backplane.testkit.StorageContract;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.TestImageTarget;

/** A layer like any other. */
class VhdxContractTest extends StorageContract<VhdxOptions, VhdxState> {
    private static final StorageRef IMAGE = new StorageRef("image");

    @Override
    protected StorageOpener<VhdxOptions, VhdxState> opener() {
        return new VhdxFormat();
    }

    @Override
    protected VhdxOptions options(TestMachine machine) throws Exception {
        new VhdxFormat()
                .create(
                        JudgedTest.creation(Subformat.DYNAMIC),
                        new TestImageTarget(machine, IMAGE, "disk.vhdx", 3_000_320));
        return new VhdxOptions(IMAGE);
    }
}
