package dev.backplane.testkit;

import dev.backplane.api.memory.GuestAddressException;
import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.memory.Lease;
import dev.backplane.api.memory.RamRange;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Guest memory from address 0 and what devices bring along, on the Java heap's side, which counts the leases that are open. */
public final class FlatMemory implements GuestMemory {
    private static final int PAGE_BYTES = 4096;

    private final MemorySegment bytes;
    private final List<Further> further = new ArrayList<>();
    private final List<String> released = new ArrayList<>();
    private int openLeases;

    /**
     * Memory full of zeros.
     *
     * @param sizeBytes its size
     */
    public FlatMemory(long sizeBytes) {
        this.bytes = Arena.ofAuto().allocate(sizeBytes, 4096);
    }

    /**
     * All of it.
     *
     * @return one segment
     */
    public MemorySegment bytes() {
        return bytes;
    }

    /**
     * Leases that are not closed.
     *
     * @return how many
     */
    public synchronized int openLeases() {
        return openLeases;
    }

    /** Memory that a device has brought along. */
    private record Further(long gpa, MemorySegment bytes) {}

    /**
     * Adds memory, full of zeros.
     *
     * @param range where
     */
    public synchronized void add(RamRange range) {
        further.add(new Further(range.gpa(), Arena.ofAuto().allocate(range.length(), PAGE_BYTES)));
    }

    private synchronized @Nullable MemorySegment at(long gpa, long length) {
        if (within(gpa, length, bytes)) {
            return bytes.asSlice(gpa, length);
        }
        for (Further each : further) {
            if (within(gpa - each.gpa, length, each.bytes)) {
                return each.bytes.asSlice(gpa - each.gpa, length);
            }
        }
        return null;
    }

    private static boolean within(long offset, long length, MemorySegment bytes) {
        return offset >= 0 && length >= 0 && offset <= bytes.byteSize() - length;
    }

    @Override
    public boolean contains(long gpa, long length) {
        return at(gpa, length) != null;
    }

    @Override
    public Lease read(long gpa, long length) {
        return lend(gpa, length, true);
    }

    @Override
    public Lease write(long gpa, long length) {
        return lend(gpa, length, false);
    }

    @Override
    public synchronized void release(long gpa, long length) {
        MemorySegment pages = at(gpa, length);
        if (pages == null || ((gpa | length) & PAGE_BYTES - 1) != 0) {
            throw new GuestAddressException(gpa, length);
        }
        pages.fill((byte) 0);
        released.add(gpa + "+" + length);
    }

    /** Memory that holds nothing but zeros is taken for memory that the host has already. */
    @Override
    public synchronized long reclaim(long gpa, long length) {
        MemorySegment pages = at(gpa, length);
        // Equal to itself moved by one, and its first byte a zero: all of them are.
        if (pages != null
                && length > 0
                && pages.get(ValueLayout.JAVA_BYTE, 0) == 0
                && MemorySegment.mismatch(pages, 0, length - 1, pages, 1, length) < 0) {
            return 0;
        }
        release(gpa, length);
        return length;
    }

    /**
     * What was given back to the host, and forgets it.
     *
     * @return address and length of each release as {@code 4096+8192}, oldest first
     */
    public synchronized List<String> takeReleased() {
        List<String> taken = List.copyOf(released);
        released.clear();
        return taken;
    }

    private synchronized Lease lend(long gpa, long length, boolean readOnly) {
        MemorySegment slice = at(gpa, length);
        if (slice == null) {
            throw new GuestAddressException(gpa, length);
        }
        openLeases++;
        return new Loan(readOnly ? slice.asReadOnly() : slice);
    }

    private final class Loan implements Lease {
        private final MemorySegment segment;
        private boolean open = true;

        Loan(MemorySegment segment) {
            this.segment = segment;
        }

        @Override
        public MemorySegment segment() {
            synchronized (FlatMemory.this) {
                if (!open) {
                    throw new IllegalStateException("the lease is closed");
                }
                return segment;
            }
        }

        @Override
        public void close() {
            synchronized (FlatMemory.this) {
                if (!open) {
                    throw new IllegalStateException("the lease was closed twice");
                }
                open = false;
                openLeases--;
            }
        }
    }
}
