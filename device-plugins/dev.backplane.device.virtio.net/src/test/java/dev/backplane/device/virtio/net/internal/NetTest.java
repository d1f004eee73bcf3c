package dev.backplane.device.virtio.net.internal;

import static dev.backplane.device.virtio.net.internal.NetLayout.*;
import static dev.backplane.device.virtio.net.internal.NetRig.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.rate.RateLimit;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.DeviceContract;
import dev.backplane.testkit.RecordedNetwork;
import dev.backplane.testkit.virtio.VirtioDriver;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The network card by the sections of the specification (virtio 1.2, 5.1). */
class NetTest extends DeviceContract<NetOptions, NetState> {
    @Override
    protected DeviceFactory<NetOptions, NetState> factory() {
        return newFactory();
    }

    @Override
    protected NetOptions options() {
        return OPTIONS;
    }

    @Override
    protected void use(DeviceBench<NetOptions, NetState> bench) {
        var driver = new NetDriver(bench, 2, F_CTRL_VQ, F_CTRL_RX, F_CTRL_VLAN, F_MQ, F_MRG_RXBUF, F_CTRL_MAC_ADDR);
        assertEquals(OK, driver.command(0, 0, new byte[] {0}));
        assertEquals(OK, driver.command(2, 0, new byte[] {5, 0}));
        assertEquals(OK, driver.command(4, 0, new byte[] {2, 0}));
        assertEquals(OK, driver.command(1, 1, new byte[] {2, 0, 0, 0, 0, 9}));
        for (int i = 0; i < 20; i++) {
            driver.send(i & 1, NetDriver.plain(frame(60 + i)));
        }
        driver.room(0, 2, 1526);
        for (int i = 0; i < 3; i++) {
            bench.machine().network(NETWORK).deliver(broadcast(60 + i));
        }
        driver.received(0);
        driver.received(0);
        VirtioDriver.await(
                "the last frame is taken",
                () -> bench.machine().network(NETWORK).waiting() == 0);
    }

    @Override
    protected List<?> observe(DeviceBench<NetOptions, NetState> bench) {
        RecordedNetwork network = bench.machine().network(NETWORK);
        var virtio = new VirtioDriver(bench);
        int before = virtio.status();
        long configuration = virtio.configuration(0, 8);
        long mtu = virtio.configuration(10, 2);
        int sent = network.sent().size();
        var driver = new NetDriver(bench, 2, F_MAC);
        driver.send(0, NetDriver.plain(frame(99)));
        return List.of(before, configuration, mtu, sent, network.sent().size());
    }

    @Test
    void s5_1_4_theConfigurationTellsAddressStatusPairsAndMtu() {
        try (var bench = bench()) {
            var driver = new VirtioDriver(bench);
            for (int i = 0; i < MAC.length; i++) {
                assertEquals(MAC[i] & 0xff, driver.configuration(i, 1));
            }
            assertEquals(S_LINK_UP, driver.configuration(6, 2));
            assertEquals(2, driver.configuration(8, 2));
            assertEquals(1500, driver.configuration(10, 2));
            assertEquals(1500L << 16 | 2, driver.configuration(8, 4));
        }
    }

    @Test
    void aLimitHoldsTheGuestToItsRate() {
        var limit = Optional.of(new RateLimit(10, 0, 1, 0));
        var options = new NetOptions(NETWORK, Optional.empty(), 1, 0, true, limit, limit);
        try (var bench = DeviceBench.plug(newFactory(), options)) {
            var driver = new NetDriver(bench, 1);
            driver.send(0, NetDriver.plain(frame(60)));
            driver.offer(0, NetDriver.plain(frame(60)));
            VirtioDriver.await(
                    "the packet waits for the clock", () -> bench.clock().armedTimers() == 1);
            assertEquals(1, network(bench).sent().size());
            bench.clock().advance(Duration.ofMillis(100));
            driver.awaitSent(0);
            driver.room(0, 2, 1526);
            network(bench).deliver(broadcast(60));
            driver.received(0);
            network(bench).deliver(broadcast(60));
            VirtioDriver.await(
                    "the frame waits for the clock", () -> bench.clock().armedTimers() == 1);
            assertEquals(0, driver.virtio.ring(0).waiting());
            ((NetDevice) bench.device()).configure(NetOptions.on(NETWORK));
            bench.clock().advance(Duration.ZERO);
            driver.received(0);
        }
    }

    @Test
    void withoutAnAddressItGetsOneOfItsNameThatIsNobodys() {
        try (var bench = DeviceBench.plug(newFactory(), NetOptions.on(NETWORK));
                var again = DeviceBench.plug(newFactory(), NetOptions.on(NETWORK))) {
            long first = new VirtioDriver(bench).configuration(0, 4);
            assertEquals(2, first & 3, "local, of one card");
            assertEquals(first, new VirtioDriver(again).configuration(0, 4));
        }
    }

    @Test
    void withoutOffloadsNoneIsOffered() {
        var options = new NetOptions(NETWORK, Optional.empty(), 1, 1400, false, Optional.empty(), Optional.empty());
        try (var bench = DeviceBench.plug(newFactory(), options)) {
            var driver = new VirtioDriver(bench);
            assertEquals(0, driver.offered() & (Offloads.HOST | Offloads.GUEST | 1 << F_MQ));
            assertEquals(1400, driver.configuration(10, 2));
        }
    }

    @Test
    void optionsThatCannotBeAreRefused() {
        for (String mac : List.of("52:54:00:12:34", "53:54:00:12:34:56", "00:00:00:00:00:00", "52-54-00-12-34-56")) {
            var options = new NetOptions(NETWORK, Optional.of(mac), 1, 0, true, Optional.empty(), Optional.empty());
            var refused = assertThrows(
                    ConfigurationException.class, () -> newFactory().shape(options));
            assertTrue(String.valueOf(refused.getMessage()).contains(mac));
        }
        var small = new NetOptions(NETWORK, Optional.empty(), 1, 1279, true, Optional.empty(), Optional.empty());
        assertThrows(ConfigurationException.class, () -> newFactory().shape(small));
    }
}
