package dev.backplane.storage.luks.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.image.luks.LuksChoice;
import dev.backplane.image.luks.LuksHash;
import dev.backplane.testkit.StorageContract;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.TestImageTarget;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;

/** A layer like any other. */
class LuksContractTest extends StorageContract<LuksOptions, LuksState> {
    private static final StorageRef IMAGE = new StorageRef("image");

    @TempDir
    Path folder = Path.of("");

    @Override
    protected StorageOpener<LuksOptions, LuksState> opener() {
        return new LuksFormat();
    }

    @Override
    protected LuksOptions options(TestMachine machine) throws Exception {
        Path key = Files.writeString(folder.resolve("disk.key"), "open sesame");
        new LuksFormat().create(quick(key), new TestImageTarget(machine, IMAGE, "disk.luks", 3_000_320));
        return new LuksOptions(IMAGE, Optional.of(key));
    }

    static LuksCreation quick(Path key) {
        return new LuksCreation(key, LuksChoice.Cipher.AES_256, LuksHash.SHA256, Duration.ofMillis(1));
    }
}
