package dev.backplane.kernel.internal.memory;

import dev.backplane.api.memory.GuestAddressException;
import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.memory.Lease;
import dev.backplane.api.memory.MappedRam;
import dev.backplane.api.memory.RamRange;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One part's view of guest memory. All that it hands out lives in one arena, which is closed when the part is closed or
 * fenced: whoever touches it later gets an exception and the machine's memory stays as it is.
 */
public final class PartMemory implements GuestMemory, MappedRam, AutoCloseable {
    private final GuestRam ram;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment view;
    private volatile boolean writable = true;
    private final AtomicInteger open = new AtomicInteger();

    /**
     * A view.
     *
     * @param ram the machine's memory
     */
    @SuppressWarnings("restricted")
    public PartMemory(GuestRam ram) {
        this.ram = ram;
        // The same bytes with a shorter life.
        view = ram.backing().segment().reinterpret(arena, null);
        ram.views().incrementAndGet();
    }

    @Override
    public boolean contains(long gpa, long length) {
        return ram.offsetOf(gpa, length) >= 0;
    }

    @Override
    public Lease read(long gpa, long length) {
        return lease(gpa, length, false);
    }

    @Override
    public Lease write(long gpa, long length) {
        return lease(gpa, length, true);
    }

    /**
     * The view outlives the call as it outlives an access: who gives pages back while the part is being cut off gets an exception, or
     * has given them back before.
     */
    @Override
    public void release(long gpa, long length) {
        long offset = checkedPages(gpa, length);
        if (length == 0) {
            return;
        }
        // A lease, so that the machine's memory is not unmapped meanwhile; closing it tells who must know of the write.
        try (Lease lease = lease(gpa, length, true)) {
            lease.segment();
            ram.backing().release(offset, length);
        }
    }

    @Override
    public long reclaim(long gpa, long length) {
        long offset = checkedPages(gpa, length);
        long bytes = 0;
        if (length > 0) {
            for (MemoryRun run : ram.backing().held(offset, length)) {
                release(gpa + run.offset() - offset, run.bytes());
                bytes += run.bytes();
            }
        }
        return bytes;
    }

    private long checkedPages(long gpa, long length) {
        long offset = ram.checkedOffset(gpa, length);
        if (((gpa | length) & DirtyPages.PAGE_BYTES - 1) != 0) {
            throw new GuestAddressException(gpa, length);
        }
        return offset;
    }

    /**
     * Whether the part may change guest memory by leases; from the start it may.
     *
     * @param mayWrite false where another part has its place
     */
    public void writable(boolean mayWrite) {
        writable = mayWrite;
    }

    private Lease lease(long gpa, long length, boolean write) {
        if (write && !writable) {
            throw new IllegalStateException(
                    "guest memory: a part that does not sit in its bay writes nothing: it has not been resumed yet, or has been replaced");
        }
        long offset = ram.checkedOffset(gpa, length);
        MemorySegment slice = view.asSlice(offset, length);
        if (!view.scope().isAlive()) {
            throw new IllegalStateException("guest memory: this generation of the part has been replaced or closed");
        }
        open.incrementAndGet();
        return new Loan(write ? slice : slice.asReadOnly(), offset, length, write);
    }

    /**
     * The leases that are not closed yet.
     *
     * @return how many
     */
    public int openLeases() {
        return open.get();
    }

    @Override
    public List<RamRange> ranges() {
        return ram.ranges();
    }

    @Override
    public MemorySegment segment() {
        return view;
    }

    @Override
    public int fileDescriptor() {
        return ram.backing().fileDescriptor();
    }

    @Override
    public void markDirty(long offset) {
        ram.dirty().mark(offset);
    }

    /**
     * Ends all leases.
     *
     * @throws IllegalStateException when a foreign call holds a lease's memory at this moment
     */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
            ram.views().decrementAndGet();
        }
    }

    /** A lease. Closing it twice does nothing. */
    private final class Loan implements Lease {
        private final MemorySegment segment;
        private final long offset;
        private final long length;
        private final boolean write;
        private final AtomicBoolean closed = new AtomicBoolean();

        Loan(MemorySegment segment, long offset, long length, boolean write) {
            this.segment = segment;
            this.offset = offset;
            this.length = length;
            this.write = write;
        }

        @Override
        public MemorySegment segment() {
            if (closed.get()) {
                throw new IllegalStateException(
                        "the lease of %d bytes at offset 0x%x is closed".formatted(length, offset));
            }
            return segment;
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                open.decrementAndGet();
                if (write && view.scope().isAlive()) {
                    ram.written(offset, length);
                }
            }
        }
    }
}
