package dev.backplane.virtio.internal;

import static dev.backplane.virtio.internal.Descriptor.U16;
import static dev.backplane.virtio.internal.Descriptor.U32;
import static dev.backplane.virtio.internal.Descriptor.U64;

import dev.backplane.api.memory.GuestAddressException;
import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.memory.Lease;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.function.Consumer;

/** A split ring (2.7). Indexes are 16 bits and run freely. */
final class SplitQueue extends Ring {
    private static final VarHandle INDEX =
            ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private static final long DESCRIPTOR_FLAGS = 12;
    private static final long DESCRIPTOR_NEXT = 14;

    private static final long FLAGS = 0;
    private static final long IDX = 2;
    private static final long RING = 4;
    private static final int USED_BYTES = 8;
    private static final int NO_INTERRUPT = 1;

    private final long used;
    private final long usedBytes;
    private final Lease descriptorLease;
    private final Lease availableLease;
    private final MemorySegment descriptors;
    private final MemorySegment available;

    private int nextAvailable;

    // Guarded by the monitor.
    private int nextUsed;
    private int signalled;

    /** Throws {@link BrokenQueueException} when the driver has set up what cannot be one. */
    SplitQueue(GuestMemory memory, QueueSetup setup, long features, Runnable interrupt, Consumer<String> broken) {
        super(memory, setup, features, interrupt, broken);
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
        takeOver(setup);
        try {
            descriptorLease = memory.read(setup.descriptors, (long) size * Descriptor.BYTES);
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
    boolean isEmpty() {
        // Acquire: the ring's entry and the descriptors are read after the index.
        int waiting = available();
        if (waiting > size) {
            throw new BrokenQueueException(
                    "the available index is %d ahead, which is more than the queue's %d".formatted(waiting, size));
        }
        return waiting == 0;
    }

    @Override
    int available() {
        return ((short) INDEX.getAcquire(available, IDX) - nextAvailable) & 0xffff;
    }

    @Override
    boolean askForNotification() {
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

    @Override
    void walk(Chain chain) {
        chain.id = available.get(U16, RING + 2L * (nextAvailable & size - 1)) & 0xffff;
        chain.descriptors = walk(chain, descriptors, size, chain.id, indirect);
    }

    @Override
    void passed(Chain chain) {
        nextAvailable = nextAvailable + 1 & 0xffff;
    }

    /** Returns how many descriptors of the table the chain takes. */
    private int walk(Chain chain, MemorySegment table, int entries, int head, boolean mayBeIndirect) {
        int index = head;
        for (int count = 1; count <= entries; count++) {
            if (index >= entries) {
                throw new BrokenQueueException("descriptor %d of %d".formatted(index, entries));
            }
            long at = (long) index * Descriptor.BYTES;
            long address = table.get(U64, at + Descriptor.ADDRESS);
            long length = Integer.toUnsignedLong(table.get(U32, at + Descriptor.LENGTH));
            int flags = table.get(U16, at + DESCRIPTOR_FLAGS);
            int next = table.get(U16, at + DESCRIPTOR_NEXT) & 0xffff;
            if ((flags & Descriptor.INDIRECT) != 0) {
                if (!mayBeIndirect || (flags & Descriptor.NEXT) != 0) {
                    throw new BrokenQueueException("an indirect descriptor that may not be one (2.7.5.3.1)");
                }
                walkIndirect(chain, address, length);
                return count;
            }
            chain.add(address, length, (flags & Descriptor.WRITE) != 0);
            if ((flags & Descriptor.NEXT) == 0) {
                return count;
            }
            index = next;
        }
        throw new BrokenQueueException("a chain of more than %d descriptors, or a loop".formatted(entries));
    }

    @Override
    void walkTable(Chain chain, MemorySegment table, int entries) {
        walk(chain, table, entries, 0, false);
    }

    @Override
    void put(Chain chain, int written) {
        try (Lease lease = memory.write(used, usedBytes)) {
            MemorySegment ring = lease.segment();
            long at = RING + (long) USED_BYTES * (nextUsed & size - 1);
            ring.set(U32, at, chain.id);
            ring.set(U32, at + 4, written);
        }
        nextUsed = nextUsed + 1 & 0xffff;
    }

    @Override
    boolean publish() {
        try (Lease lease = memory.write(used, usedBytes)) {
            // Release: the entries and what is in the buffers come before the index.
            INDEX.setRelease(lease.segment(), IDX, (short) nextUsed);
        }
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
    void save(QueueSetup setup) {
        setup.nextAvailable = nextAvailable;
        setup.nextUsed = nextUsed;
        setup.signalled = signalled;
    }

    @Override
    void release() {
        descriptorLease.close();
        availableLease.close();
    }
}
