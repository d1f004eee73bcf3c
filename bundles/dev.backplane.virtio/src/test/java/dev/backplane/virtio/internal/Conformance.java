package dev.backplane.virtio.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.virtio.DriverRing;
import dev.backplane.testkit.virtio.PackedRing;
import dev.backplane.testkit.virtio.SplitRing;
import dev.backplane.testkit.virtio.VirtioDriver;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** A driver and a device that answers with each byte one higher: what the tests of the specification's statements share. */
@Timeout(120)
abstract class Conformance {
    static final long INDIRECT_DESC = 1L << 28;
    static final long EVENTS = 1L << 29;
    static final long PACKED = VirtioDriver.RING_PACKED;
    static final long RING_RESET = 1L << 40;
    static final int READY =
            VirtioDriver.ACKNOWLEDGE | VirtioDriver.DRIVER | VirtioDriver.FEATURES_OK | VirtioDriver.DRIVER_OK;

    // The common configuration (4.1.4.3).
    static final int DEVICE_FEATURE_SELECT = 0;
    static final int DEVICE_FEATURE = 4;
    static final int DRIVER_FEATURE_SELECT = 8;
    static final int DRIVER_FEATURE = 0xc;
    static final int CONFIG_VECTOR = 0x10;
    static final int NUM_QUEUES = 0x12;
    static final int GENERATION = 0x15;
    static final int QUEUE_SELECT = 0x16;
    static final int QUEUE_SIZE = 0x18;
    static final int QUEUE_VECTOR = 0x1a;
    static final int QUEUE_ENABLE = 0x1c;
    static final int QUEUE_NOTIFY_OFF = 0x1e;
    static final int QUEUE_DESC = 0x20;
    static final int QUEUE_RESET = 0x3a;

    final EchoFactory echo = new EchoFactory();
    final DeviceBench<EchoFactory.Options, EchoFactory.State> bench = DeviceBench.plug(echo, new EchoFactory.Options());
    final VirtioDriver driver = new VirtioDriver(bench);

    @AfterEach
    void close() {
        bench.close();
        assertEquals(0, bench.machine().memory().openLeases());
    }

    static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    final byte[] exchange(int queue, int... request) {
        driver.ring(queue).add(bytes(request), request.length);
        driver.notify(queue);
        return driver.ring(queue).await();
    }

    final SplitRing split(int queue) {
        return (SplitRing) driver.ring(queue);
    }

    final PackedRing packed(int queue) {
        return (PackedRing) driver.ring(queue);
    }

    /** The messages behind what has been awaited: a used buffer is seen before its interrupt. */
    final List<Integer> messages(int count) {
        List<Integer> taken = new ArrayList<>();
        VirtioDriver.await(count + " messages", () -> {
            taken.addAll(bench.pci().takeMessages());
            return taken.size() >= count;
        });
        return taken;
    }

    /** What the guest has got when the device is at rest. */
    final List<Integer> messagesAtRest() {
        bench.state();
        return bench.pci().takeMessages();
    }

    final void select(int queue) {
        driver.common(QUEUE_SELECT, 2, queue);
    }

    /** Notifies without waiting for an answer, then waits for so many. */
    final void answered(DriverRing ring, int queue, int count) {
        driver.notify(queue);
        VirtioDriver.await(count + " answers", () -> ring.waiting() == count);
    }
}
