package dev.backplane.testkit.virtio;

import dev.backplane.testkit.FlatMemory;
import java.lang.invoke.VarHandle;

/** A packed ring (virtio 1.2, 2.8). A position is a descriptor's index with a wrap counter in bit 15. */
public final class PackedRing extends DriverRing {
    /** The wrap counter of a position, which begins with one. */
    public static final int WRAP = 1 << 15;

    private static final int AVAIL = 1 << 7;
    private static final int USED = 1 << 15;
    private static final VarHandle FLAGS = U16.varHandle();

    private int available = WRAP;
    private int seen = WRAP;
    private int nextId;

    PackedRing(FlatMemory memory, long base, int size, long features) {
        super(memory, base, size, features);
    }

    @Override
    public void descriptorAt(long at, long address, int length, int flags, int next) {
        memory.set(U64, at, address);
        memory.set(U32, at + 8, length);
        memory.set(U16, at + 12, (short) next);
        memory.set(U16, at + 14, (short) flags);
    }

    /** Makes the chain available whose first descriptor is at the place where the driver is, and goes one descriptor on. */
    @Override
    public void offer(int head) {
        int flags = memory.get(U16, at(head) + 14) & ~(AVAIL | USED);
        FLAGS.setRelease(memory, at(head) + 14, (short) (flags | bits(available)));
        VarHandle.fullFence();
        available = after(available, 1);
    }

    /**
     * Where the driver is.
     *
     * @return the next descriptor's position
     */
    public int position() {
        return available;
    }

    @Override
    public void availableIndex(int index) {
        available = index & WRAP | (index & ~WRAP & 0xffff) % size;
    }

    private static int bits(int position) {
        return (position & WRAP) != 0 ? AVAIL : USED;
    }

    private int after(int position, int count) {
        int index = (position & ~WRAP) + count;
        return index < size ? index | position & WRAP : index - size | ~position & WRAP;
    }

    private long at(int position) {
        return descriptors() + 16L * (position & ~WRAP);
    }

    @Override
    public int add(byte[] request, int room) {
        // Out of order, a number may be under way for longer than its place in the ring.
        while (expected.containsKey(nextId)) {
            nextId = nextId + 1 & 0x7fff;
        }
        int id = nextId;
        nextId = nextId + 1 & 0x7fff;
        boolean both = request.length > 0 && room > 0;
        int first = available;
        int second = after(available, 1);
        long answer = room > 0 ? buffer(room) : 0;
        if (both) {
            descriptorAt(at(second), answer, room, WRITE | bits(second), id);
        }
        if (request.length > 0) {
            descriptorAt(at(first), buffer(request), request.length, both ? NEXT : 0, both ? 0 : id);
        } else {
            descriptorAt(at(first), answer, room, WRITE, id);
        }
        expected.put(id, new Answer(answer, room, both ? 2 : 1));
        offer(first);
        available = both ? after(second, 1) : second;
        return id;
    }

    private boolean isUsed(int position) {
        int flags = (short) FLAGS.getAcquire(memory, at(position) + 14);
        boolean wrap = (position & WRAP) != 0;
        return (flags & AVAIL) != 0 == wrap && (flags & USED) != 0 == wrap;
    }

    @Override
    public int waiting() {
        int count = 0;
        int position = seen;
        while (count < size && isUsed(position)) {
            Answer answer = expected.get(memory.get(U16, at(position) + 12) & 0xffff);
            position = after(position, answer == null ? 1 : answer.descriptors());
            count++;
        }
        return count;
    }

    @Override
    Used used() {
        int id = memory.get(U16, at(seen) + 12) & 0xffff;
        // Without WRITE the length means nothing (2.8.6).
        int written = (memory.get(U16, at(seen) + 14) & WRITE) != 0 ? memory.get(U32, at(seen) + 8) : 0;
        Answer answer = expected.get(id);
        seen = after(seen, answer == null ? 1 : answer.descriptors());
        return new Used(id, written);
    }

    @Override
    public void usedEvent(int position) {
        event(position, 2);
    }

    @Override
    public void noInterrupts(boolean none) {
        event(0, none ? 1 : 0);
    }

    private void event(int position, int flags) {
        memory.set(U32, driver(), position & 0xffff | flags << 16);
        VarHandle.fullFence();
    }

    @Override
    public int availableEvent() {
        return memory.get(U16, device()) & 0xffff;
    }

    /**
     * What the device says of notifications.
     *
     * @return 0 all, 1 none, 2 the one at {@link #availableEvent}
     */
    public int availableEventFlags() {
        return memory.get(U16, device() + 2) & 0xffff;
    }
}
