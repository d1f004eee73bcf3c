package dev.backplane.testkit.virtio;

import dev.backplane.testkit.DeviceBench;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Assertions;

/**
 * A driver that does what a script of bytes says: buffers of any content and size, descriptors that lie, indexes that jump,
 * configuration writes, and swaps of the device in between. For fuzz tests of virtio devices: whatever the script, the device must
 * neither throw nor hang, and must be there for the next driver.
 */
public final class HostileDriver {
    private static final int MOST_SWAPS = 3;
    private static final int MOST_STEPS = 2000;
    private static final int DESCRIPTORS = 64;

    private final DeviceBench<?, ?> bench;
    private final VirtioDriver driver;
    private final int queues;
    private final ByteBuffer script;
    private int swaps;

    private HostileDriver(DeviceBench<?, ?> bench, VirtioDriver driver, byte[] script) {
        this.bench = bench;
        this.driver = driver;
        this.script = ByteBuffer.wrap(script).order(ByteOrder.LITTLE_ENDIAN);
        queues = (int) driver.common(0x12, 2);
    }

    /**
     * Drives a device through a script, and then as a driver that behaves would begin.
     *
     * @param bench with a device on the PCI bus, which runs; not more than twelve queues
     * @param features what is accepted beside VERSION_1
     * @param script any bytes
     * @throws AssertionError when the device has thrown, or does not come back
     */
    public static void drive(DeviceBench<?, ?> bench, long features, byte[] script) {
        var driver = new VirtioDriver(bench).start(features);
        var hostile = new HostileDriver(bench, driver, script);
        for (int step = 0; step < MOST_STEPS && hostile.script.hasRemaining(); step++) {
            hostile.step();
        }
        for (int queue = 0; queue < hostile.queues; queue++) {
            driver.notify(queue);
        }
        driver.start(features);
        driver.reset();
        Assertions.assertEquals(List.of(), bench.machine().failures());
    }

    private void step() {
        int what = next();
        int queue = (what >> 3) % queues;
        switch (what & 7) {
            case 0, 1, 2 -> request(queue);
            case 3 -> descriptor(queue);
            case 4 -> driver.ring(queue).availableIndex(next() | next() << 8);
            case 5 -> driver.notify(queue);
            case 6 -> swap();
            default -> configuration();
        }
    }

    private int next() {
        return script.hasRemaining() ? script.get() & 0xff : 0;
    }

    /** Four bytes, or what there is. */
    private int word() {
        return next() | next() << 8 | next() << 16 | next() << 24;
    }

    private void request(int queue) {
        byte[] request = new byte[Math.min(next(), script.remaining())];
        int room = next() * 16;
        script.get(request, 0, Math.min(request.length, script.remaining()));
        if (request.length + room > 0) {
            driver.ring(queue).add(request, room);
        }
        driver.notify(queue);
    }

    private void descriptor(int queue) {
        int index = next() % DESCRIPTORS;
        // Mostly within the machine's 1 MiB.
        long address = Integer.toUnsignedLong(word()) >>> (next() & 1) * 12;
        int length = word() >>> next() % 32;
        driver.ring(queue).descriptor(index, address, length, next() & 7, next() % DESCRIPTORS);
        driver.ring(queue).offer(index);
        driver.notify(queue);
    }

    private void swap() {
        if (swaps++ < MOST_SWAPS) {
            bench.swap();
        }
    }

    private void configuration() {
        int offset = next() & ~3;
        driver.configuration(offset, 4, Integer.toUnsignedLong(word()));
    }
}
