package dev.backplane.device.virtio.console.internal;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.virtio.HostileDriver;

/** Runs over its corpus in a normal build; {@code JAZZER_FUZZ=1} and {@code -Djazzer.hooks=true} in the test JVM look for more. */
class ConsoleFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void noDriverBreaksIt(byte[] script) {
        try (var bench = DeviceBench.plug(ConsoleTest.newFactory(), ConsoleTest.OPTIONS)) {
            bench.console(ConsoleTest.SECOND).type("something to read");
            HostileDriver.drive(bench, 1 << ConsoleLayout.F_MULTIPORT, script);
        }
    }
}
