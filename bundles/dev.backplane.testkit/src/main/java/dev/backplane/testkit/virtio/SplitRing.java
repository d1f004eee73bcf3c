package dev.backplane.testkit.virtio;

import dev.backplane.testkit.FlatMemory;
import java.lang.invoke.VarHandle;

/** A split ring (virtio 1.2, 2.7). */
public final class SplitRing extends DriverRing {
    private static final VarHandle INDEX = U16.varHandle();

    private int nextDescriptor;
    private int available;
    private int seen;

    SplitRing(FlatMemory memory, long base, int size, long features) {
        super(memory, base, size, features);
    }

    @Override
    public void descriptorAt(long at, long address, int length, int flags, int next) {
        memory.set(U64, at, address);
        memory.set(U32, at + 8, length);
        memory.set(U16, at + 12, (short) flags);
        memory.set(U16, at + 14, (short) next);
    }

    @Override
    public void offer(int head) {
        memory.set(U16, driver() + 4 + 2L * (available & size - 1), (short) head);
        available = available + 1 & 0xffff;
        INDEX.setRelease(memory, driver() + 2, (short) available);
        VarHandle.fullFence();
    }

    @Override
    public void availableIndex(int index) {
        available = index & 0xffff;
        INDEX.setRelease(memory, driver() + 2, (short) index);
    }

    @Override
    public int add(byte[] request, int room) {
        int head = nextDescriptor;
        boolean both = request.length > 0 && room > 0;
        if (request.length > 0) {
            long address = buffer(request);
            int index = take();
            descriptor(index, address, request.length, both ? NEXT : 0, nextDescriptor);
        }
        long answer = room > 0 ? buffer(room) : 0;
        if (room > 0) {
            descriptor(take(), answer, room, WRITE, 0);
        }
        expected.put(head, new Answer(answer, room, both ? 2 : 1));
        offer(head);
        return head;
    }

    private int take() {
        int index = nextDescriptor;
        nextDescriptor = (nextDescriptor + 1) % size;
        return index;
    }

    @Override
    public int waiting() {
        return ((short) INDEX.getAcquire(memory, device() + 2) - seen) & 0xffff;
    }

    @Override
    Used used() {
        long at = device() + 4 + 8L * (seen & size - 1);
        seen = seen + 1 & 0xffff;
        return new Used(memory.get(U32, at), memory.get(U32, at + 4));
    }

    @Override
    public void usedEvent(int index) {
        memory.set(U16, driver() + 4 + 2L * size, (short) index);
        VarHandle.fullFence();
    }

    @Override
    public void noInterrupts(boolean none) {
        memory.set(U16, driver(), (short) (none ? 1 : 0));
        VarHandle.fullFence();
    }

    @Override
    public int availableEvent() {
        return events ? memory.get(U16, device() + 4 + 8L * size) & 0xffff : 0;
    }
}
