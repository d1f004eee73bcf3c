package dev.backplane.device.virtio.net.internal;

import static dev.backplane.device.virtio.net.internal.NetLayout.*;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.virtio.HostileDriver;

/** Runs over its corpus in a normal build; {@code JAZZER_FUZZ=1} and {@code -Djazzer.hooks=true} in the test JVM look for more. */
class NetFuzzTest {
    private static final long FEATURES = Offloads.HOST
            | Offloads.GUEST
            | 1L << F_CTRL_GUEST_OFFLOADS
            | 1L << F_MRG_RXBUF
            | 1L << F_CTRL_VQ
            | 1L << F_CTRL_RX
            | 1L << F_CTRL_RX_EXTRA
            | 1L << F_CTRL_VLAN
            | 1L << F_CTRL_MAC_ADDR
            | 1L << F_GUEST_ANNOUNCE
            | 1L << F_MQ;

    @FuzzTest(maxDuration = "60s")
    void noDriverBreaksIt(byte[] script) {
        try (var bench = DeviceBench.plug(NetRig.newFactory(), NetRig.OPTIONS)) {
            for (int i = 0; i < 20; i++) {
                bench.machine().network(NetRig.NETWORK).deliver(new byte[60 * i]);
            }
            HostileDriver.drive(bench, FEATURES, script);
        }
    }
}
