package dev.backplane.storage.vhd.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.StorageContract;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.TestImageTarget;

/** A layer like any other. */
class VhdContractTest extends StorageContract<VhdOptions, VhdState> {
    private static final StorageRef IMAGE = new StorageRef("image");

    @Override
    protected StorageOpener<VhdOptions, VhdState> opener() {
        return new VhdFormat();
    }

    @Override
    protected VhdOptions options(TestMachine machine) throws Exception {
        new VhdFormat()
                .create(
                        new VhdCreation(VhdCreation.Subformat.DYNAMIC),
                        new TestImageTarget(machine, IMAGE, "disk.vhd", 3_000_320));
        return new VhdOptions(IMAGE);
    }
}
