package dev.backplane.storage.vdi.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.StorageContract;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.TestImageTarget;

/** A layer like any other. */
class VdiContractTest extends StorageContract<VdiOptions, VdiState> {
    private static final StorageRef IMAGE = new StorageRef("image");

    @Override
    protected StorageOpener<VdiOptions, VdiState> opener() {
        return new VdiFormat();
    }

    @Override
    protected VdiOptions options(TestMachine machine) throws Exception {
        new VdiFormat().create(new VdiCreation(false), new TestImageTarget(machine, IMAGE, "disk.vdi", 3_000_320));
        return new VdiOptions(IMAGE);
    }
}
