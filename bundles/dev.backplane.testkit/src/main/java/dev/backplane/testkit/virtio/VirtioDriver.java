package dev.backplane.testkit.virtio;

import dev.backplane.testkit.DeviceBench;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The guest's side of a virtio device on the PCI bus, in the memory of a {@link DeviceBench}. It finds the device's structures by its
 * capabilities as a driver does (virtio 1.2, 4.1.4), and survives swaps of the device as a driver does. For one thread.
 *
 * <pre>{@code
 * try (var bench = DeviceBench.plug(factory, options)) {
 *     var driver = new VirtioDriver(bench).start(0);
 *     driver.ring(0).add(new byte[] {1, 2, 3}, 16);
 *     driver.notify(0);
 *     byte[] answer = driver.ring(0).await();
 * }
 * }</pre>
 */
public final class VirtioDriver {
    /** Bits of the device status (2.1). */
    public static final int ACKNOWLEDGE = 1;
    /** A driver knows how to drive it. */
    public static final int DRIVER = 2;
    /** The driver is ready. */
    public static final int DRIVER_OK = 4;
    /** The negotiation is over. */
    public static final int FEATURES_OK = 8;
    /** The device cannot go on. */
    public static final int NEEDS_RESET = 64;
    /** No interrupt. */
    public static final int NO_VECTOR = 0xffff;
    /** The feature without which nothing goes. */
    public static final long VERSION_1 = 1L << 32;
    /** Rings are packed. */
    public static final long RING_PACKED = 1L << 34;

    private static final long PATIENCE_SECONDS = 60;
    private static final long FIRST_RING = 0x1_0000;
    private static final long RING_BYTES = 0x1_0000;
    private static final int RING_ENTRIES = 64;

    private static final int COMMON_CFG = 1;
    private static final int NOTIFY_CFG = 2;
    private static final int ISR_CFG = 3;
    private static final int DEVICE_CFG = 4;

    private final DeviceBench<?, ?> bench;
    private final String registers;
    private final long[] structures = new long[6];
    private int notifyMultiplier;
    private final List<DriverRing> rings = new ArrayList<>();

    /**
     * A driver that has found the device.
     *
     * @param bench with a device on the PCI bus, which runs
     */
    public VirtioDriver(DeviceBench<?, ?> bench) {
        this.bench = bench;
        var function = bench.shape().pci().orElseThrow(() -> new AssertionError("the device is not on the PCI bus"));
        registers = function.bars().getFirst().window();
        for (var capability : function.capabilities()) {
            byte[] body = capability.body();
            if (capability.id() == 9 && body.length >= 14 && body[1] < structures.length) {
                structures[body[1]] = little(body, 6);
                if (body[1] == NOTIFY_CFG) {
                    notifyMultiplier = (int) little(body, 14);
                }
            }
        }
    }

    private static long little(byte[] bytes, int at) {
        long value = 0;
        for (int i = 0; i < 4; i++) {
            value |= (bytes[at + i] & 0xffL) << 8 * i;
        }
        return value;
    }

    DeviceBench<?, ?> bench() {
        return bench;
    }

    /**
     * Reads a field of the common configuration.
     *
     * @param offset its offset (4.1.4.3)
     * @param size its width
     * @return its value
     */
    public long common(int offset, int size) {
        return bench.read(registers, structures[COMMON_CFG] + offset, size);
    }

    /**
     * Writes a field of the common configuration.
     *
     * @param offset its offset (4.1.4.3)
     * @param size its width
     * @param value its value
     */
    public void common(int offset, int size, long value) {
        bench.write(registers, structures[COMMON_CFG] + offset, size, value);
    }

    /**
     * Reads the device's configuration.
     *
     * @param offset where
     * @param size 1, 2, 4 or 8
     * @return the value
     */
    public long configuration(int offset, int size) {
        return bench.read(registers, structures[DEVICE_CFG] + offset, size);
    }

    /**
     * Writes the device's configuration.
     *
     * @param offset where
     * @param size 1, 2, 4 or 8
     * @param value the value
     */
    public void configuration(int offset, int size, long value) {
        bench.write(registers, structures[DEVICE_CFG] + offset, size, value);
    }

    /**
     * Reads the interrupt status, which clears it.
     *
     * @return bit 0 a queue, bit 1 the configuration
     */
    public int interruptStatus() {
        return (int) bench.read(registers, structures[ISR_CFG], 1);
    }

    /**
     * The device status.
     *
     * @return its bits
     */
    public int status() {
        return (int) common(0x14, 1);
    }

    /**
     * Writes the device status.
     *
     * @param value its bits
     */
    public void status(int value) {
        common(0x14, 1, value);
    }

    /**
     * What the device offers.
     *
     * @return feature bits
     */
    public long offered() {
        common(0, 4, 0);
        long low = common(4, 4);
        common(0, 4, 1);
        return low | common(4, 4) << 32;
    }

    /**
     * Accepts features.
     *
     * @param features feature bits
     */
    public void accept(long features) {
        common(8, 4, 0);
        common(0xc, 4, features & 0xffff_ffffL);
        common(8, 4, 1);
        common(0xc, 4, features >>> 32);
    }

    /** Resets the device and waits until that is done (2.4). */
    public void reset() {
        status(0);
        await("the reset", () -> status() == 0);
        rings.clear();
    }

    /**
     * Negotiates: reset, status bits, features.
     *
     * @param features what is accepted beside VERSION_1
     * @return the status behind it
     */
    public int negotiate(long features) {
        reset();
        status(ACKNOWLEDGE);
        status(ACKNOWLEDGE | DRIVER);
        accept(features | VERSION_1);
        status(ACKNOWLEDGE | DRIVER | FEATURES_OK);
        return status();
    }

    /**
     * Sets a queue up and enables it.
     *
     * @param queue its number
     * @param vector its message, or {@link #NO_VECTOR}
     * @param features what was negotiated
     * @return its ring
     */
    public DriverRing setUp(int queue, int vector, long features) {
        common(0x16, 2, queue);
        int size = (int) Math.min(RING_ENTRIES, common(0x18, 2));
        common(0x18, 2, size);
        common(0x1a, 2, vector);
        long base = FIRST_RING + RING_BYTES * queue;
        DriverRing ring = (features & RING_PACKED) != 0
                ? new PackedRing(bench.machine().memory(), base, size, features)
                : new SplitRing(bench.machine().memory(), base, size, features);
        place(0x20, ring.descriptors());
        place(0x28, ring.driver());
        place(0x30, ring.device());
        common(0x1c, 2, 1);
        return ring;
    }

    /** As two halves, as drivers do it. */
    private void place(int offset, long value) {
        common(offset, 4, value & 0xffff_ffffL);
        common(offset + 4, 4, value >>> 32);
    }

    /**
     * All of it: negotiates, sets every queue up with a message of its own, and is ready.
     *
     * @param features what is accepted beside VERSION_1
     * @return this
     */
    public VirtioDriver start(long features) {
        if ((negotiate(features) & FEATURES_OK) == 0) {
            throw new AssertionError("the device does not take features 0x%x".formatted(features));
        }
        bench.pci().enableMessages(true);
        common(0x10, 2, 0);
        int queues = (int) common(0x12, 2);
        for (int queue = 0; queue < queues; queue++) {
            rings.add(setUp(queue, queue + 1, features));
        }
        status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
        return this;
    }

    /**
     * A ring of {@link #start}.
     *
     * @param queue the queue's number
     * @return its ring
     */
    public DriverRing ring(int queue) {
        return rings.get(queue);
    }

    /**
     * Notifies a queue, whether the device wants that or not.
     *
     * @param queue its number
     */
    public void notify(int queue) {
        common(0x16, 2, queue);
        long offset = common(0x1e, 2) * notifyMultiplier;
        bench.write(registers, structures[NOTIFY_CFG] + offset, 2, queue);
    }

    /**
     * Waits for something that the device does on another thread.
     *
     * @param what for the message when it does not come within a minute
     * @param condition what is waited for
     */
    public static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain: " + what);
            }
            Thread.onSpinWait();
        }
    }
}
