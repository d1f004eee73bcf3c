package dev.backplane.device.virtio.block.internal;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.virtio.HostileDriver;
import dev.backplane.testkit.virtio.VirtioDriver;
import dev.backplane.virtio.internal.PciTransportService;

/** Runs over its corpus in a normal build; {@code JAZZER_FUZZ=1} and {@code -Djazzer.hooks=true} in the test JVM look for more. */
class BlockFuzzTest {
    private static final long FEATURES =
            1 << BlockLayout.F_FLUSH | 1 << BlockLayout.F_DISCARD | 1 << BlockLayout.F_WRITE_ZEROES;

    @FuzzTest(maxDuration = "60s")
    void noDriverBreaksIt(byte[] script) {
        drive(FEATURES, script);
    }

    @FuzzTest(maxDuration = "60s")
    void noDriverWithPackedRingsBreaksIt(byte[] script) {
        drive(FEATURES | VirtioDriver.RING_PACKED, script);
    }

    private static void drive(long features, byte[] script) {
        var factory = new BlockFactory(new PciTransportService());
        try (var bench = DeviceBench.plug(factory, BlockTest.OPTIONS)) {
            HostileDriver.drive(bench, features, script);
        }
    }
}
