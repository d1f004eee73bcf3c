package dev.backplane.virtio.internal;

import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.device.virtio.VirtioState.Unfinished;
import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.memory.Lease;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What split and packed rings have in common: which chains are out, and what happens when the driver breaks the rules. {@link #next}
 * belongs to the thread that processes the queue; {@link #complete} and {@link #putBack} may come on any thread. What the guest can change
 * is read once, checked, used. Allocates nothing once it has as many chains as the driver keeps under way.
 */
abstract class Ring implements RingQueue {
    final GuestMemory memory;
    /** Descriptors in the ring. */
    final int size;
    /** Whether EVENT_IDX was negotiated. */
    final boolean events;
    /** Whether a descriptor may lead to a table. */
    final boolean indirect;

    private final Runnable interrupt;
    private final Consumer<String> broken;
    private boolean isBroken;
    private volatile boolean rests;

    /** The next chain; nobody else has it. */
    private Chain spare;

    // Guarded by the monitor.
    private @Nullable Chain free;
    private final BitSet out = new BitSet();
    private int descriptorsOut;
    private long taken;
    private long interrupts;
    private boolean ended;
    private final PriorityQueue<Chain> putBack = new PriorityQueue<>(Comparator.comparingLong(chain -> chain.taken));
    /** Written with the monitor held. */
    private volatile boolean anyPutBack;

    /**
     * A queue as the driver has set it up.
     *
     * @param features what was negotiated
     * @param interrupt interrupts the guest
     * @param broken is told when the driver breaks the rules
     */
    Ring(GuestMemory memory, QueueSetup setup, long features, Runnable interrupt, Consumer<String> broken) {
        this.memory = memory;
        this.interrupt = interrupt;
        this.broken = broken;
        size = setup.size;
        events = (features & Feature.EVENT_IDX) != 0;
        indirect = (features & Feature.INDIRECT_DESC) != 0;
        spare = new Chain(memory);
    }

    /**
     * Takes over what was put back.
     *
     * @throws BrokenQueueException when that cannot be
     */
    final synchronized void takeOver(QueueSetup setup) {
        for (Unfinished saved : setup.unfinished) {
            Chain chain = new Chain(memory);
            chain.restore(saved);
            register(chain);
            putBack.add(chain);
        }
        anyPutBack = !putBack.isEmpty();
    }

    /**
     * Whether the driver has made nothing available.
     *
     * @throws BrokenQueueException when it says what cannot be
     */
    abstract boolean isEmpty();

    /** What the driver has made available and nobody has taken, at some moment. The monitor is held. */
    abstract int available();

    /** Asks to be notified. Returns whether it is still empty after the driver could see that. */
    abstract boolean askForNotification();

    /**
     * Reads the next chain, which there is.
     *
     * @throws BrokenQueueException when the driver breaks the rules
     */
    abstract void walk(Chain chain);

    /** Goes on behind a chain. */
    abstract void passed(Chain chain);

    /** Writes that a chain is given back, so that the driver does not see it yet. The monitor is held. */
    abstract void put(Chain chain, int written);

    /** Lets the driver see what was put since the last time. The monitor is held. Returns whether it wants an interrupt. */
    abstract boolean publish();

    /** Where it has got to. The monitor is held. */
    abstract void save(QueueSetup setup);

    @Override
    public final @Nullable DescriptorChain next() {
        if (isBroken || rests) {
            return null;
        }
        if (anyPutBack) {
            Chain again = takeAgain();
            if (again != null) {
                return again;
            }
        }
        try {
            return isEmpty() && askForNotification() ? null : take();
        } catch (BrokenQueueException e) {
            isBroken = true;
            broken.accept(e.getMessage());
            return null;
        }
    }

    private synchronized @Nullable Chain takeAgain() {
        Chain chain = putBack.poll();
        anyPutBack = !putBack.isEmpty();
        return chain;
    }

    private Chain take() {
        Chain chain = spare;
        chain.clear();
        walk(chain);
        synchronized (this) {
            register(chain);
            Chain other = free;
            if (other != null) {
                free = other.next;
            }
            spare = other == null ? new Chain(memory) : other;
        }
        passed(chain);
        return chain;
    }

    /** A driver cannot have more under way than its ring has descriptors, which bounds what a device can be made to hold. */
    private void register(Chain chain) {
        if (chain.descriptors < 1 || chain.descriptors > size - descriptorsOut) {
            throw new BrokenQueueException("a chain of %d descriptors while %d of %d are under way"
                    .formatted(chain.descriptors, descriptorsOut, size));
        }
        if (out.get(chain.id)) {
            throw new BrokenQueueException("chain %d is made available while it is under way".formatted(chain.id));
        }
        out.set(chain.id);
        descriptorsOut += chain.descriptors;
        chain.taken = taken++;
    }

    /** Walks a table that lies elsewhere. */
    final void walkIndirect(Chain chain, long address, long length) {
        long entries = length / Descriptor.BYTES;
        if (length % Descriptor.BYTES != 0 || entries == 0 || entries > size) {
            throw new BrokenQueueException("an indirect table of %d bytes in a queue of %d".formatted(length, size));
        }
        if (!memory.contains(address, length)) {
            throw new BrokenQueueException("an indirect table at 0x%x is not RAM".formatted(address));
        }
        try (Lease lease = memory.read(address, length)) {
            walkTable(chain, lease.segment(), (int) entries);
        }
    }

    /** Walks an indirect table. */
    abstract void walkTable(Chain chain, MemorySegment table, int entries);

    @Override
    public final void complete(DescriptorChain chain, long written) {
        boolean wanted;
        synchronized (this) {
            put(chain, written);
            wanted = published();
        }
        if (wanted) {
            interrupt.run();
        }
    }

    @Override
    public final void complete(List<DescriptorChain> chains, long written) {
        boolean wanted;
        synchronized (this) {
            long left = written;
            for (int i = 0; i < chains.size(); i++) {
                left -= put(chains.get(i), left);
            }
            wanted = published();
        }
        if (wanted) {
            interrupt.run();
        }
    }

    private boolean published() {
        boolean wanted = publish();
        interrupts += wanted ? 1 : 0;
        return wanted;
    }

    @Override
    public final synchronized void count(String prefix, Map<String, Long> into) {
        into.put(prefix + "interrupts", interrupts);
        into.put(prefix + "available", ended ? 0L : (long) available());
        into.put(prefix + "taken", (long) out.cardinality());
    }

    /** Returns how much of it was written into this chain. */
    private long put(DescriptorChain chain, long written) {
        Chain mine = isOut(chain);
        out.clear(mine.id);
        descriptorsOut -= mine.descriptors;
        long here = Math.min(written, mine.writableBytes());
        put(mine, (int) here);
        mine.next = free;
        free = mine;
        return here;
    }

    private Chain isOut(DescriptorChain chain) {
        if (!(chain instanceof Chain mine) || !out.get(mine.id) || putBack.contains(mine)) {
            throw new IllegalStateException("a chain that is not the device's, or not any more");
        }
        return mine;
    }

    @Override
    public final synchronized void putBack(DescriptorChain chain) {
        putBack.add(isOut(chain));
        anyPutBack = true;
    }

    @Override
    public final void rest(boolean nowRests) {
        rests = nowRests;
    }

    @Override
    public final synchronized void end(QueueSetup setup) {
        save(setup);
        setup.broken = isBroken;
        List<Chain> order = putBack.stream().sorted(putBack.comparator()).toList();
        setup.unfinished = order.stream().map(Chain::save).toList();
        ended = true;
        release();
    }

    /** Gives memory back. */
    abstract void release();
}
