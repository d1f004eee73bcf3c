package dev.backplane.testkit.virtio;

import dev.backplane.testkit.FlatMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/**
 * The driver's side of a split ring (virtio 1.2, 2.7), with its buffers behind it in the same 64 KiB. Descriptors are handed out one
 * after the other and taken again when the ring comes round, so no more than half of them may be in use. For one thread.
 */
public final class DriverRing {
    /** The chain goes on. */
    public static final int NEXT = 1;
    /** The device writes. */
    public static final int WRITE = 2;
    /** The buffer is a table of descriptors. */
    public static final int INDIRECT = 4;

    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INDEX = U16.varHandle();

    private static final long DRIVER_AREA = 0x1000;
    private static final long DEVICE_AREA = 0x2000;
    private static final long BUFFERS = 0x4000;
    private static final long BUFFER_BYTES = 0xc000;

    private final MemorySegment memory;
    private final long base;
    private final int size;
    private final boolean events;
    private int nextDescriptor;
    private long nextBuffer;
    private int available;
    private int seen;
    private final Map<Integer, Answer> expected = new HashMap<>();

    private record Answer(long address, int length) {}

    DriverRing(FlatMemory memory, long base, int size, long features) {
        this.memory = memory.bytes();
        this.base = base;
        this.size = size;
        events = (features & 1L << 29) != 0;
        this.memory.asSlice(base, BUFFERS).fill((byte) 0);
    }

    /**
     * Where the descriptors are.
     *
     * @return a guest-physical address
     */
    public long descriptors() {
        return base;
    }

    /**
     * Where the available ring is.
     *
     * @return a guest-physical address
     */
    public long driver() {
        return base + DRIVER_AREA;
    }

    /**
     * Where the used ring is.
     *
     * @return a guest-physical address
     */
    public long device() {
        return base + DEVICE_AREA;
    }

    /**
     * Memory for a buffer.
     *
     * @param bytes how much, up to 48 KiB
     * @return its guest-physical address
     */
    public long buffer(long bytes) {
        if (nextBuffer + bytes > BUFFER_BYTES) {
            nextBuffer = 0;
        }
        long address = base + BUFFERS + nextBuffer;
        nextBuffer += bytes + 15 & -16;
        return address;
    }

    /**
     * Writes a descriptor, whatever it says.
     *
     * @param index which
     * @param address its buffer
     * @param length the buffer's length
     * @param flags {@link #NEXT}, {@link #WRITE}, {@link #INDIRECT}
     * @param next the next of the chain
     */
    public void descriptor(int index, long address, int length, int flags, int next) {
        descriptorAt(base + 16L * index, address, length, flags, next);
    }

    /**
     * Writes a descriptor of an indirect table.
     *
     * @param at the descriptor's guest-physical address
     * @param address its buffer
     * @param length the buffer's length
     * @param flags {@link #NEXT}, {@link #WRITE}
     * @param next the next of the table
     */
    public void descriptorAt(long at, long address, int length, int flags, int next) {
        memory.set(U64, at, address);
        memory.set(U32, at + 8, length);
        memory.set(U16, at + 12, (short) flags);
        memory.set(U16, at + 14, (short) next);
    }

    /**
     * Makes a chain available.
     *
     * @param head its first descriptor
     */
    public void offer(int head) {
        memory.set(U16, driver() + 4 + 2L * (available & size - 1), (short) head);
        available = available + 1 & 0xffff;
        INDEX.setRelease(memory, driver() + 2, (short) available);
        VarHandle.fullFence();
    }

    /**
     * Sets the available index, whatever that means.
     *
     * @param index the index
     */
    public void availableIndex(int index) {
        available = index & 0xffff;
        INDEX.setRelease(memory, driver() + 2, (short) index);
    }

    /**
     * A request: bytes for the device to read, and room for it to write.
     *
     * @param request perhaps empty
     * @param room in bytes, perhaps none
     * @return the chain's head
     */
    public int add(byte[] request, int room) {
        int head = nextDescriptor;
        boolean both = request.length > 0 && room > 0;
        if (request.length > 0) {
            long address = buffer(request.length);
            MemorySegment.copy(request, 0, memory, ValueLayout.JAVA_BYTE, address, request.length);
            int index = take();
            descriptor(index, address, request.length, both ? NEXT : 0, nextDescriptor);
        }
        long answer = room > 0 ? buffer(room) : 0;
        if (room > 0) {
            descriptor(take(), answer, room, WRITE, 0);
        }
        expected.put(head, new Answer(answer, room));
        offer(head);
        return head;
    }

    private int take() {
        int index = nextDescriptor;
        nextDescriptor = (nextDescriptor + 1) % size;
        return index;
    }

    /**
     * How many chains the device has given back that {@link #await} has not returned.
     *
     * @return their number
     */
    public int waiting() {
        return ((short) INDEX.getAcquire(memory, device() + 2) - seen) & 0xffff;
    }

    /**
     * Waits for the next chain that the device gives back.
     *
     * @return what it has written
     */
    public byte[] await() {
        VirtioDriver.await("a used buffer", () -> waiting() > 0);
        long at = device() + 4 + 8L * (seen & size - 1);
        int head = memory.get(U32, at);
        int written = memory.get(U32, at + 4);
        seen = seen + 1 & 0xffff;
        Answer answer = expected.remove(head);
        if (answer == null) {
            throw new AssertionError("descriptor " + head + " comes back without having been given");
        }
        if (written < 0 || written > answer.length) {
            throw new AssertionError("%d bytes were written into %d".formatted(written, answer.length));
        }
        return memory.asSlice(answer.address, written).toArray(ValueLayout.JAVA_BYTE);
    }

    /**
     * Asks for an interrupt at a certain used index, where events were negotiated.
     *
     * @param index the index
     */
    public void usedEvent(int index) {
        memory.set(U16, driver() + 4 + 2L * size, (short) index);
        VarHandle.fullFence();
    }

    /**
     * Asks for no interrupts, where events were not negotiated.
     *
     * @param none whether there are to be none
     */
    public void noInterrupts(boolean none) {
        memory.set(U16, driver(), (short) (none ? 1 : 0));
        VarHandle.fullFence();
    }

    /**
     * The available index at which the device wants to be notified.
     *
     * @return the index, where events were negotiated
     */
    public int availableEvent() {
        return events ? memory.get(U16, device() + 4 + 8L * size) & 0xffff : 0;
    }
}
