package dev.backplane.storage.qcow2.internal;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.image.HostileImage;
import java.util.Optional;
import java.util.Random;

/** Runs over its corpus in a normal build; {@code JAZZER_FUZZ=1} and {@code -Djazzer.hooks=true} in the test JVM look for more. */
class QcowFuzzTest {
    private static final StorageRef IMAGE = new StorageRef("image");

    @FuzzTest(maxDuration = "60s")
    void anImageIsUsedOrRefused(byte[] image) {
        HostileImage.use(
                new QcowFormat(), new QcowOptions(IMAGE, Optional.empty()), IMAGE, image, new Random(image.length));
    }
}
