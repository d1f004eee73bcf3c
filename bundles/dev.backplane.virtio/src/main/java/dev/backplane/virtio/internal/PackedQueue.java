package dev.backplane.virtio.internal;

import static dev.backplane.virtio.internal.Descriptor.U16;
import static dev.backplane.virtio.internal.Descriptor.U32;
import static dev.backplane.virtio.internal.Descriptor.U64;

import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.memory.Lease;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.function.Consumer;

/**
 * A packed ring (2.8): driver and device write the same descriptors, and two bits of each, compared with a counter that flips at every
 * turn, say whose it is. A position is a descriptor's index with that counter in bit 15, as in the event structures (2.8.14).
 */
final class PackedQueue extends Ring {
    /** The wrap counter of a position. Counters begin with one (2.8.1). */
    static final int WRAP = 1 << 15;

    private static final VarHandle FLAGS =
            ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle EVENT =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private static final long DESCRIPTOR_ID = 12;
    private static final long DESCRIPTOR_FLAGS = 14;
    private static final int AVAIL = 1 << 7;
    private static final int USED = 1 << 15;

    /** An event structure: a position, then one of these in the upper half. */
    private static final int EVENT_BYTES = 4;

    private static final int EVENTS_ALL = 0;
    private static final int EVENTS_NONE = 1;
    private static final int EVENTS_AT = 2;

    private final long descriptorArea;
    private final long deviceArea;
    private final Lease descriptorLease;
    private final Lease driverLease;
    private final MemorySegment descriptors;
    private final MemorySegment driverEvent;

    private int nextAvailable;

    /** Guarded by the monitor. */
    private int nextUsed;

    /** How many descriptors were put and not published, and of the first: where it is, and its bits. Guarded by the monitor. */
    private int hidden;

    private int firstHidden;
    private int firstFlags;

    /** Throws {@link BrokenQueueException} when the driver has set up what cannot be one. */
    PackedQueue(GuestMemory memory, QueueSetup setup, long features, Runnable interrupt, Consumer<String> broken) {
        super(memory, setup, features, interrupt, broken);
        descriptorArea = setup.descriptors;
        deviceArea = setup.device;
        long bytes = (long) size * Descriptor.BYTES;
        // Alignment: 2.8.10.1.
        if ((descriptorArea & 15) != 0 || (setup.driver & 3) != 0 || (deviceArea & 3) != 0) {
            throw new BrokenQueueException(
                    "a ring at 0x%x with events at 0x%x, 0x%x is not aligned to 16, 4, 4 (2.8.10.1)"
                            .formatted(descriptorArea, setup.driver, deviceArea));
        }
        if (!memory.contains(descriptorArea, bytes)
                || !memory.contains(setup.driver, EVENT_BYTES)
                || !memory.contains(deviceArea, EVENT_BYTES)) {
            throw new BrokenQueueException("a ring at 0x%x with events at 0x%x, 0x%x is not RAM"
                    .formatted(descriptorArea, setup.driver, deviceArea));
        }
        takeOver(setup);
        descriptorLease = memory.read(descriptorArea, bytes);
        driverLease = memory.read(setup.driver, EVENT_BYTES);
        descriptors = descriptorLease.segment();
        driverEvent = driverLease.segment();
        nextAvailable = setup.nextAvailable;
        nextUsed = setup.nextUsed;
    }

    /** The position that is some descriptors further on, at most a turn. */
    private int after(int position, int count) {
        int index = (position & ~WRAP) + count;
        return index < size ? index | position & WRAP : index - size | ~position & WRAP;
    }

    private static long at(int position) {
        return (long) (position & ~WRAP) * Descriptor.BYTES;
    }

    @Override
    boolean isEmpty() {
        // Acquire: the descriptor is read after the bits that hand it over.
        int flags = (short) FLAGS.getAcquire(descriptors, at(nextAvailable) + DESCRIPTOR_FLAGS);
        boolean wrap = (nextAvailable & WRAP) != 0;
        return (flags & AVAIL) != 0 != wrap || (flags & USED) != 0 == wrap;
    }

    @Override
    int available() {
        return isEmpty() ? 0 : 1;
    }

    @Override
    boolean askForNotification() {
        if (events) {
            try (Lease lease = memory.write(deviceArea, EVENT_BYTES)) {
                EVENT.setOpaque(lease.segment(), 0L, nextAvailable | EVENTS_AT << 16);
            }
        }
        // The driver publishes, then looks at the event; we publish the event, then look (2.8.21.3.1). Without events
        // our
        // structure says EVENTS_ALL as the driver has left it.
        VarHandle.fullFence();
        return isEmpty();
    }

    /** The driver has written the whole chain before it made the first descriptor available: the bits of the others say nothing. */
    @Override
    void walk(Chain chain) {
        int position = nextAvailable;
        for (int count = 1; count <= size; count++) {
            long at = at(position);
            long address = descriptors.get(U64, at + Descriptor.ADDRESS);
            long length = Integer.toUnsignedLong(descriptors.get(U32, at + Descriptor.LENGTH));
            chain.id = descriptors.get(U16, at + DESCRIPTOR_ID) & 0xffff;
            int flags = descriptors.get(U16, at + DESCRIPTOR_FLAGS);
            chain.descriptors = count;
            if ((flags & Descriptor.INDIRECT) != 0) {
                if (!indirect || (flags & Descriptor.NEXT) != 0) {
                    throw new BrokenQueueException("an indirect descriptor that may not be one (2.8.19)");
                }
                walkIndirect(chain, address, length);
                return;
            }
            chain.add(address, length, (flags & Descriptor.WRITE) != 0);
            if ((flags & Descriptor.NEXT) == 0) {
                return;
            }
            position = after(position, 1);
        }
        throw new BrokenQueueException("a chain of more than the ring's %d descriptors".formatted(size));
    }

    /** All of the table, whatever the other flags say (2.8.7). */
    @Override
    void walkTable(Chain chain, MemorySegment table, int entries) {
        for (int i = 0; i < entries; i++) {
            long at = (long) i * Descriptor.BYTES;
            long address = table.get(U64, at + Descriptor.ADDRESS);
            long length = Integer.toUnsignedLong(table.get(U32, at + Descriptor.LENGTH));
            chain.add(address, length, (table.get(U16, at + DESCRIPTOR_FLAGS) & Descriptor.WRITE) != 0);
        }
    }

    @Override
    void passed(Chain chain) {
        nextAvailable = after(nextAvailable, chain.descriptors);
    }

    /** The bits of the first one, which the driver looks at first, are left to {@link #publish}. */
    @Override
    void put(Chain chain, int written) {
        boolean wrap = (nextUsed & WRAP) != 0;
        int flags = (wrap ? AVAIL | USED : 0) | (chain.writableBytes() > 0 ? Descriptor.WRITE : 0);
        boolean first = hidden == 0;
        try (Lease lease = memory.write(descriptorArea + at(nextUsed), Descriptor.BYTES)) {
            MemorySegment descriptor = lease.segment();
            descriptor.set(U16, DESCRIPTOR_ID, (short) chain.id);
            descriptor.set(U32, Descriptor.LENGTH, written);
            if (first) {
                firstHidden = nextUsed;
                firstFlags = flags;
            } else {
                FLAGS.setRelease(descriptor, DESCRIPTOR_FLAGS, (short) flags);
            }
        }
        hidden += chain.descriptors;
        nextUsed = after(nextUsed, chain.descriptors);
    }

    @Override
    boolean publish() {
        try (Lease lease = memory.write(descriptorArea + at(firstHidden), Descriptor.BYTES)) {
            // Release: the rest of it, what comes behind, and what is in the buffers, comes before the bits that hand
            // it
            // over.
            FLAGS.setRelease(lease.segment(), DESCRIPTOR_FLAGS, (short) firstFlags);
        }
        int published = hidden;
        hidden = 0;
        // We publish, then look at the event; the driver writes the event, then looks (2.8.21.2.1).
        VarHandle.fullFence();
        int event = (int) EVENT.getOpaque(driverEvent, 0L);
        return switch (event >>> 16 & 3) {
            case EVENTS_ALL -> true;
            case EVENTS_NONE -> false;
            default -> !events || hasPassed(event & 0xffff, published);
        };
    }

    /** Whether the last so many descriptors that were used include the one at a position. */
    private boolean hasPassed(int position, int count) {
        int behind = (nextUsed & ~WRAP) - (position & ~WRAP) + ((nextUsed & WRAP) == (position & WRAP) ? 0 : size);
        return behind >= 1 && behind <= count;
    }

    @Override
    void save(QueueSetup setup) {
        setup.nextAvailable = nextAvailable;
        setup.nextUsed = nextUsed;
        setup.signalled = 0;
    }

    @Override
    void release() {
        descriptorLease.close();
        driverLease.close();
    }
}
