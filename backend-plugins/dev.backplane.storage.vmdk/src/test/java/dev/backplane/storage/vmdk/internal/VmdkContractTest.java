package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.StorageContract;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.TestImageTarget;
import java.util.List;

/** A layer like any other. */
class VmdkContractTest extends StorageContract<VmdkOptions, VmdkState> {
    private static final StorageRef IMAGE = new StorageRef("image");

    @Override
    protected StorageOpener<VmdkOptions, VmdkState> opener() {
        return new VmdkFormat();
    }

    @Override
    protected VmdkOptions options(TestMachine machine) throws Exception {
        new VmdkFormat()
                .create(
                        new VmdkCreation("monolithicSparse", "ide"),
                        new TestImageTarget(machine, IMAGE, "disk.vmdk", 3_000_320));
        return new VmdkOptions(IMAGE, List.of());
    }
}
