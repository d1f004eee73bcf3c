package dev.backplane.kernel.internal.memory;

import dev.backplane.api.memory.GuestAddressException;
import dev.backplane.api.memory.RamRange;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The RAM of one machine: its ranges, its bytes, and which pages were written. */
public final class GuestRam implements AutoCloseable {
    private final List<RamRange> ranges;
    private final long[] firstOffsets;
    private final RamBacking backing;
    private final DirtyPages dirty;
    private final AtomicInteger views = new AtomicInteger();
    private volatile @Nullable WriteObserver observer;

    /** Told of memory that somebody else than a vCPU has written. */
    @FunctionalInterface
    public interface WriteObserver {
        /**
         * Memory was written.
         *
         * @param offset into the segment
         * @param length in bytes
         */
        void written(long offset, long length);
    }

    /**
     * RAM.
     *
     * @param ranges ascending, page-aligned
     * @param backing as many bytes as the ranges together
     */
    public GuestRam(List<RamRange> ranges, RamBacking backing) {
        this.ranges = List.copyOf(ranges);
        this.backing = backing;
        firstOffsets = new long[ranges.size()];
        long offset = 0;
        for (int i = 0; i < firstOffsets.length; i++) {
            firstOffsets[i] = offset;
            offset += ranges.get(i).length();
        }
        if (offset != backing.segment().byteSize()) {
            throw new IllegalArgumentException("ranges of %d bytes over %d bytes of memory"
                    .formatted(offset, backing.segment().byteSize()));
        }
        dirty = new DirtyPages(offset);
    }

    List<RamRange> ranges() {
        return ranges;
    }

    RamBacking backing() {
        return backing;
    }

    DirtyPages dirty() {
        return dirty;
    }

    /** Where a range begins in the segment, or -1 where it is not wholly within one range of RAM. */
    long offsetOf(long gpa, long length) {
        for (int i = 0; i < firstOffsets.length; i++) {
            RamRange range = ranges.get(i);
            long into = gpa - range.gpa();
            // The differences cannot wrap once each is known to be in bounds; the sum gpa + length could.
            if (into >= 0 && length >= 0 && into <= range.length() && length <= range.length() - into) {
                return firstOffsets[i] + into;
            }
        }
        return -1;
    }

    long checkedOffset(long gpa, long length) {
        long offset = offsetOf(gpa, length);
        if (offset < 0) {
            throw new GuestAddressException(gpa, length);
        }
        return offset;
    }

    void written(long offset, long length) {
        dirty.mark(offset, length);
        WriteObserver told = observer;
        if (told != null) {
            told.written(offset, length);
        }
    }

    /**
     * Names who is told of writes, in place of an earlier one.
     *
     * @param next the CPU engine's side, or null while there is none
     */
    public void observe(@Nullable WriteObserver next) {
        observer = next;
    }

    /**
     * Keeps what the memory holds now: {@link RamBacking#freeze}. The machine is at rest.
     *
     * @return the contents, which the caller closes
     * @throws IOException when the host does not allow it
     */
    public FrozenRam freeze() throws IOException {
        return backing.freeze();
    }

    /**
     * Lets go of files: {@link RamBacking#moveTo}. The machine is at rest.
     *
     * @param same what they held
     * @throws IOException when the host does not allow it
     */
    public void moveTo(FrozenRam same) throws IOException {
        backing.moveTo(same);
    }

    /**
     * How much it is.
     *
     * @return bytes
     */
    public long bytes() {
        return backing.segment().byteSize();
    }

    AtomicInteger views() {
        return views;
    }

    /**
     * Gives the memory back.
     *
     * @throws IllegalStateException when a part still has a view of it: its next access would end the process
     */
    @Override
    public void close() {
        if (views.get() != 0) {
            throw new IllegalStateException(views + " parts still have a view of it");
        }
        backing.close();
    }
}
