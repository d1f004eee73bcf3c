package dev.backplane.device.virtio.rng.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.backplane.api.device.DeviceFactory;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.DeviceContract;
import dev.backplane.testkit.virtio.VirtioDriver;
import dev.backplane.virtio.internal.PciTransportService;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RngTest extends DeviceContract<RngOptions, RngState> {
    @Override
    protected DeviceFactory<RngOptions, RngState> factory() {
        return new RngFactory(new PciTransportService());
    }

    @Override
    protected RngOptions options() {
        return new RngOptions();
    }

    @Override
    protected void use(DeviceBench<RngOptions, RngState> bench) {
        var driver = new VirtioDriver(bench).start(0);
        for (int i = 0; i < 100; i++) {
            driver.ring(0).add(new byte[0], 40);
            driver.notify(0);
            assertEquals(40, driver.ring(0).await().length);
        }
    }

    /** How far the rings are, and that the device still answers a driver that begins anew. */
    @Override
    protected List<?> observe(DeviceBench<RngOptions, RngState> bench) {
        // A used buffer is seen before its interrupt.
        bench.state();
        int messages = bench.pci().takeMessages().size();
        var driver = new VirtioDriver(bench);
        int before = driver.status();
        driver.start(1L << 29);
        driver.ring(0).add(new byte[0], 17);
        driver.notify(0);
        return List.of(messages, before, driver.ring(0).await().length);
    }

    @Test
    void aBufferIsFilledWithBytesThatDiffer() {
        try (var bench = DeviceBench.plug(factory(), options())) {
            var driver = new VirtioDriver(bench).start(0);
            driver.ring(0).add(new byte[0], 1000);
            driver.ring(0).add(new byte[0], 1000);
            driver.notify(0);
            byte[] first = driver.ring(0).await();
            byte[] second = driver.ring(0).await();
            assertEquals(1000, first.length);
            assertFalse(Arrays.equals(first, second));
        }
    }

    @Test
    void aRequestThatArrivesWhileTheDeviceIsReplacedIsAnsweredByTheNext() {
        try (var bench = DeviceBench.plug(factory(), options())) {
            var driver = new VirtioDriver(bench).start(0);
            for (int i = 0; i < 50; i++) {
                bench.quiesce();
                driver.ring(0).add(new byte[0], 8);
                bench.resume(new dev.backplane.api.part.Resumption(
                        dev.backplane.api.part.Resumption.Cause.ROLLBACK, java.time.Duration.ZERO));
                bench.swap();
                assertEquals(8, driver.ring(0).await().length);
            }
        }
    }
}
