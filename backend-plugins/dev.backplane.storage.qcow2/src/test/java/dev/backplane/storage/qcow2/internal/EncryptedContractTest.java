package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.StorageContract;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.TestImageTarget;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** A layer like any other, over an encrypted image. */
class EncryptedContractTest extends StorageContract<QcowOptions, QcowState> {
    private static final StorageRef IMAGE = new StorageRef("image");

    @TempDir
    Path folder = Path.of("");

    @Override
    protected StorageOpener<QcowOptions, QcowState> opener() {
        return new QcowFormat();
    }

    @Override
    protected QcowOptions options(TestMachine machine) throws Exception {
        Encrypted encrypted = Encrypted.in(folder);
        new QcowFormat()
                .create(
                        encrypted.creation("1.1", 4096, false),
                        new TestImageTarget(machine, IMAGE, "disk.qcow2", 3_000_320));
        return encrypted.options(IMAGE);
    }
}
