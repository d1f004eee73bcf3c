package dev.backplane.storage.parallels.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.StorageContract;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.TestImageTarget;

/** A layer like any other. */
class ParallelsContractTest extends StorageContract<ParallelsOptions, ParallelsState> {
    private static final StorageRef IMAGE = new StorageRef("image");

    @Override
    protected StorageOpener<ParallelsOptions, ParallelsState> opener() {
        return new ParallelsFormat();
    }

    @Override
    protected ParallelsOptions options(TestMachine machine) throws Exception {
        new ParallelsFormat()
                .create(
                        new ParallelsCreation(64 << 10),
                        new TestImageTarget(machine, IMAGE, "disk.parallels", 3_000_320));
        return new ParallelsOptions(IMAGE);
    }
}
