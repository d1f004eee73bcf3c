package dev.backplane.testkit.virtio;

import dev.backplane.testkit.FlatMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/**
 * The driver's side of a ring, split or packed as negotiated (virtio 1.2, 2.7 and 2.8), with its buffers behind it in the same 64 KiB.
 * Descriptors are taken again when the ring comes round, so no more than half of them may be in use. For one thread.
 */
public abstract class DriverRing {
    /** The chain goes on. */
    public static final int NEXT = 1;
    /** The device writes. */
    public static final int WRITE = 2;
    /** The buffer is a table of descriptors. */
    public static final int INDIRECT = 4;

    static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final long EVENT_IDX = 1L << 29;
    private static final long DRIVER_AREA = 0x1000;
    private static final long DEVICE_AREA = 0x2000;
    private static final long BUFFERS = 0x4000;
    private static final long BUFFER_BYTES = 0xc000;

    final MemorySegment memory;
    final int size;
    final boolean events;
    final Map<Integer, Answer> expected = new HashMap<>();
    private final long base;
    private long nextBuffer;

    /**
     * What the driver keeps of a chain.
     *
     * @param address where the device may write
     * @param length how much
     * @param descriptors how many of the ring's it takes
     */
    record Answer(long address, int length, int descriptors) {}

    /**
     * What the device says of a chain that it gives back.
     *
     * @param id the chain's number
     * @param written bytes that it has written
     */
    record Used(int id, int written) {}

    DriverRing(FlatMemory memory, long base, int size, long features) {
        this.memory = memory.bytes();
        this.base = base;
        this.size = size;
        events = (features & EVENT_IDX) != 0;
        this.memory.asSlice(base, BUFFERS).fill((byte) 0);
    }

    /**
     * Where the descriptors are.
     *
     * @return a guest-physical address
     */
    public final long descriptors() {
        return base;
    }

    /**
     * Where the driver's area is: the available ring, or its event structure.
     *
     * @return a guest-physical address
     */
    public final long driver() {
        return base + DRIVER_AREA;
    }

    /**
     * Where the device's area is: the used ring, or its event structure.
     *
     * @return a guest-physical address
     */
    public final long device() {
        return base + DEVICE_AREA;
    }

    /**
     * Memory for a buffer.
     *
     * @param bytes how much, up to 48 KiB
     * @return its guest-physical address
     */
    public final long buffer(long bytes) {
        if (nextBuffer + bytes > BUFFER_BYTES) {
            nextBuffer = 0;
        }
        long address = base + BUFFERS + nextBuffer;
        nextBuffer += bytes + 15 & -16;
        return address;
    }

    /**
     * Memory for a buffer, filled.
     *
     * @param bytes its contents
     * @return its guest-physical address
     */
    public final long buffer(byte... bytes) {
        long address = buffer(bytes.length);
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, address, bytes.length);
        return address;
    }

    /**
     * Reads memory.
     *
     * @param address guest-physical
     * @param bytes how much
     * @return its contents
     */
    public final byte[] bytes(long address, int bytes) {
        return memory.asSlice(address, bytes).toArray(ValueLayout.JAVA_BYTE);
    }

    /**
     * Writes a descriptor, whatever it says, without making it available.
     *
     * @param index which
     * @param address its buffer
     * @param length the buffer's length
     * @param flags {@link #NEXT}, {@link #WRITE}, {@link #INDIRECT}
     * @param next the next of the chain in a split ring, the buffer's number in a packed one
     */
    public final void descriptor(int index, long address, int length, int flags, int next) {
        descriptorAt(base + 16L * index, address, length, flags, next);
    }

    /**
     * Writes a descriptor of an indirect table.
     *
     * @param at the descriptor's guest-physical address
     * @param address its buffer
     * @param length the buffer's length
     * @param flags {@link #NEXT}, {@link #WRITE}
     * @param next the next of the chain in a split ring, nothing in a packed one
     */
    public abstract void descriptorAt(long at, long address, int length, int flags, int next);

    /**
     * Makes a chain available that was written with {@link #descriptor}.
     *
     * @param head its first descriptor
     */
    public abstract void offer(int head);

    /**
     * Says that the driver is somewhere else, whatever that means.
     *
     * @param index the available index; in a packed ring the next descriptor, with the wrap counter in bit 15
     */
    public abstract void availableIndex(int index);

    /**
     * A request: bytes for the device to read, and room for it to write.
     *
     * @param request perhaps empty
     * @param room in bytes, perhaps none
     * @return the chain's number
     */
    public abstract int add(byte[] request, int room);

    /**
     * How many chains the device has given back that {@link #await} has not returned.
     *
     * @return their number
     */
    public abstract int waiting();

    /**
     * Waits for the next chain that the device gives back.
     *
     * @return what it has written
     */
    public final byte[] await() {
        VirtioDriver.await("a used buffer", () -> waiting() > 0);
        Used used = used();
        Answer answer = expected.remove(used.id);
        if (answer == null) {
            throw new AssertionError("chain " + used.id + " comes back without having been given");
        }
        if (used.written < 0 || used.written > answer.length) {
            throw new AssertionError("%d bytes were written into %d".formatted(used.written, answer.length));
        }
        return bytes(answer.address, used.written);
    }

    /** Takes what the device has given back, which there is. */
    abstract Used used();

    /**
     * Asks for an interrupt at a certain place of the ring, where events were negotiated.
     *
     * @param index the used index; in a packed ring the descriptor, with the wrap counter in bit 15
     */
    public abstract void usedEvent(int index);

    /**
     * Asks for no interrupts, where events were not negotiated or the ring is packed.
     *
     * @param none whether there are to be none
     */
    public abstract void noInterrupts(boolean none);

    /**
     * Where the device wants to be notified, where events were negotiated.
     *
     * @return the available index; in a packed ring the descriptor, with the wrap counter in bit 15
     */
    public abstract int availableEvent();
}
