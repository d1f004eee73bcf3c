package dev.backplane.virtio.internal;

import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.memory.GuestAddressException;
import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.memory.Lease;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A split ring (2.7). Indexes are 16 bits and run freely. {@link #next} belongs to the thread that processes the queue; {@link
 * #complete} may come on any thread. What the guest can change is read once, checked, used.
 */
final class SplitQueue implements RingQueue {
    /** An indirect table lies where the driver likes. */
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INDEX =
            ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private static final int DESCRIPTOR_BYTES = 16;
    private static final int NEXT = 1;
    private static final int WRITE = 2;
    private static final int INDIRECT = 4;

    private static final long FLAGS = 0;
    private static final long IDX = 2;
    private static final long RING = 4;
    private static final int USED_BYTES = 8;
    private static final int NO_INTERRUPT = 1;

    /** No chain is longer than the queue (2.7.5.3.1), and none has more bytes than this. */
    private static final long MOST_BYTES = 1L << 32;

    private final GuestMemory memory;
    private final int size;
    private final long used;
    private final long usedBytes;
    private final boolean events;
    private final boolean indirect;
    private final Runnable interrupt;
    private final Consumer<String> broken;
    private final Lease descriptorLease;
    private final Lease availableLease;
    private final MemorySegment descriptors;
    private final MemorySegment available;

    private int nextAvailable;
    private boolean isBroken;
    private volatile boolean rests;

    // Guarded by the monitor.
    private int nextUsed;
    private int signalled;
    private @Nullable Chain free;

    /**
     * A queue as the driver has set it up.
     *
     * @param features what was negotiated
     * @param interrupt interrupts the guest
     * @param broken is told when the driver breaks the rules
     * @throws BrokenQueueException when it cannot be one
     */
    SplitQueue(GuestMemory memory, QueueSetup setup, long features, Runnable interrupt, Consumer<String> broken) {
        this.memory = memory;
        this.interrupt = interrupt;
        this.broken = broken;
        size = setup.size;
        events = (features & Feature.EVENT_IDX) != 0;
        indirect = (features & Feature.INDIRECT_DESC) != 0;
        used = setup.device;
        usedBytes = RING + (long) size * USED_BYTES + 2;
        long availableBytes = RING + 2L * size + 2;
        // Alignment: 2.7, table.
        if ((setup.descriptors & 15) != 0 || (setup.driver & 1) != 0 || (used & 3) != 0) {
            throw new BrokenQueueException("rings at 0x%x, 0x%x, 0x%x are not aligned to 16, 2, 4 (2.7)"
                    .formatted(setup.descriptors, setup.driver, used));
        }
        if (!memory.contains(used, usedBytes) || !memory.contains(setup.driver, availableBytes)) {
            throw new BrokenQueueException("rings at 0x%x, 0x%x are not RAM".formatted(setup.driver, used));
        }
        try {
            descriptorLease = memory.read(setup.descriptors, (long) size * DESCRIPTOR_BYTES);
        } catch (GuestAddressException e) {
            throw new BrokenQueueException("descriptors: " + e.getMessage());
        }
        availableLease = memory.read(setup.driver, availableBytes);
        descriptors = descriptorLease.segment();
        available = availableLease.segment();
        nextAvailable = setup.nextAvailable;
        nextUsed = setup.nextUsed;
        signalled = setup.signalled;
    }

    @Override
    public @Nullable DescriptorChain next() {
        if (isBroken || rests) {
            return null;
        }
        try {
            return isEmpty() && askForNotification() ? null : take();
        } catch (BrokenQueueException e) {
            isBroken = true;
            broken.accept(e.getMessage());
            return null;
        }
    }

    private boolean isEmpty() {
        // Acquire: the ring's entry and the descriptors are read after the index.
        int waiting = ((short) INDEX.getAcquire(available, IDX) - nextAvailable) & 0xffff;
        if (waiting > size) {
            throw new BrokenQueueException(
                    "the available index is %d ahead, which is more than the queue's %d".formatted(waiting, size));
        }
        return waiting == 0;
    }

    /** Returns whether it is still empty after the driver could see that a notification is wanted. */
    private boolean askForNotification() {
        if (events) {
            try (Lease lease = memory.write(used, usedBytes)) {
                INDEX.setOpaque(lease.segment(), usedBytes - 2, (short) nextAvailable);
            }
        }
        // The driver publishes, then looks at the event; we publish the event, then look: one of us sees the other
        // (2.7.10).
        VarHandle.fullFence();
        return isEmpty();
    }

    private Chain take() {
        int head = available.get(U16, RING + 2L * (nextAvailable & size - 1)) & 0xffff;
        Chain chain = unused();
        chain.clear();
        chain.id = head;
        walk(chain, descriptors, size, head, indirect);
        nextAvailable = nextAvailable + 1 & 0xffff;
        return chain;
    }

    private void walk(Chain chain, MemorySegment table, int entries, int head, boolean mayBeIndirect) {
        int index = head;
        for (int count = 0; count < entries; count++) {
            if (index >= entries) {
                throw new BrokenQueueException("descriptor %d of %d".formatted(index, entries));
            }
            long at = (long) index * DESCRIPTOR_BYTES;
            long address = table.get(U64, at);
            long length = Integer.toUnsignedLong(table.get(U32, at + 8));
            int flags = table.get(U16, at + 12);
            int next = table.get(U16, at + 14) & 0xffff;
            if ((flags & INDIRECT) != 0) {
                if (!mayBeIndirect || (flags & NEXT) != 0) {
                    throw new BrokenQueueException("an indirect descriptor that may not be one (2.7.5.3.1)");
                }
                walkIndirect(chain, address, length);
                return;
            }
            chain.add(address, length, (flags & WRITE) != 0);
            if (chain.readableBytes() + chain.writableBytes() > MOST_BYTES) {
                throw new BrokenQueueException("a chain of more than 4 GiB (2.7.5.2)");
            }
            if ((flags & NEXT) == 0) {
                return;
            }
            index = next;
        }
        throw new BrokenQueueException("a chain of more than %d descriptors, or a loop".formatted(entries));
    }

    private void walkIndirect(Chain chain, long address, long length) {
        long entries = length / DESCRIPTOR_BYTES;
        if (length % DESCRIPTOR_BYTES != 0 || entries == 0 || entries > size) {
            throw new BrokenQueueException("an indirect table of %d bytes in a queue of %d".formatted(length, size));
        }
        if (!memory.contains(address, length)) {
            throw new BrokenQueueException("an indirect table at 0x%x is not RAM".formatted(address));
        }
        try (Lease lease = memory.read(address, length)) {
            walk(chain, lease.segment(), (int) entries, 0, false);
        }
    }

    private synchronized Chain unused() {
        Chain chain = free;
        if (chain == null) {
            return new Chain(memory);
        }
        free = chain.next;
        return chain;
    }

    @Override
    public void complete(DescriptorChain chain, long written) {
        if (publish((Chain) chain, written)) {
            interrupt.run();
        }
    }

    /** Returns whether the driver wants an interrupt. */
    private synchronized boolean publish(Chain chain, long written) {
        try (Lease lease = memory.write(used, usedBytes)) {
            MemorySegment ring = lease.segment();
            long at = RING + (long) USED_BYTES * (nextUsed & size - 1);
            ring.set(U32, at, chain.id);
            ring.set(U32, at + 4, (int) Math.min(written, chain.writableBytes()));
            nextUsed = nextUsed + 1 & 0xffff;
            // Release: the entry and what is in the buffers come before the index.
            INDEX.setRelease(ring, IDX, (short) nextUsed);
        }
        chain.next = free;
        free = chain;
        // We publish, then look at the event; the driver writes the event, then looks (2.7.7.2).
        VarHandle.fullFence();
        if (!events) {
            return ((short) INDEX.getOpaque(available, FLAGS) & NO_INTERRUPT) == 0;
        }
        int event = (short) INDEX.getOpaque(available, RING + 2L * size);
        boolean wanted = (nextUsed - event - 1 & 0xffff) < (nextUsed - signalled & 0xffff);
        if (wanted) {
            signalled = nextUsed;
        }
        return wanted;
    }

    @Override
    public void rest(boolean nowRests) {
        rests = nowRests;
    }

    @Override
    public synchronized void end(QueueSetup setup) {
        setup.nextAvailable = nextAvailable;
        setup.nextUsed = nextUsed;
        setup.signalled = signalled;
        setup.broken = isBroken;
        descriptorLease.close();
        availableLease.close();
    }
}
