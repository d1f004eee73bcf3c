package dev.backplane.device.virtio.mem.internal;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.virtio.HostileDriver;

/** Runs over its corpus in a normal build; {@code JAZZER_FUZZ=1} and {@code -Djazzer.hooks=true} in the test JVM look for more. */
class MemoryFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void noDriverBreaksIt(byte[] script) {
        try (var bench = DeviceBench.plug(MemoryTest.newFactory(), MemoryTest.OPTIONS)) {
            HostileDriver.drive(bench, MemoryTest.FEATURES, script);
        }
    }
}
