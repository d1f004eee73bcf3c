package dev.backplane.filter.copyonread.internal;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Measured;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.FilterLayer;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes into the image what is read where it has nothing of its own, in whole stretches, so that zeros become a mark in its tables and not
 * bytes. A copy that cannot be made is no copy and nothing else: the read has what it asked for.
 */
final class CopyOnReadLayer extends FilterLayer<CopyOnReadState> implements Measured {
    /** Copied at once: a write to the same place waits no longer than that takes. */
    private static final int MOST_BYTES = 1 << 20;

    /** So much is copied before it is made stable: a guest that only reads never asks for it. */
    private static final long MOST_UNSTABLE = 16 << 20;

    private final System.Logger log;
    private final Ranges ranges = new Ranges();
    private final AtomicLong copied = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong unstable = new AtomicLong();
    private volatile Own own;
    /** Between resume and quiesce: a layer above may read before, while nothing below can be written yet. */
    private volatile boolean running;

    CopyOnReadLayer(CopyOnReadOptions options, StorageContext context) {
        super(context.storage(options.on()));
        log = context.logger();
        own = new Own(below().capacityBytes());
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        long bytes = target.byteSize();
        if (!running || bytes == 0 || own.has(offset, bytes)) {
            super.read(offset, target);
            return;
        }
        StorageException.checkRange(offset, bytes, capacityBytes());
        new Pass(own, offset, target).run();
        if (unstable.get() >= MOST_UNSTABLE) {
            makeStable();
        }
    }

    /** One read through a range of which it is not known whether the image has it. On the read's thread. */
    private final class Pass {
        private final Own known;
        private final long offset;
        private final MemorySegment target;
        /** What has been read ends here. */
        private long done;

        Pass(Own known, long offset, MemorySegment target) {
            this.known = known;
            this.offset = offset;
            this.target = target;
            done = offset;
        }

        void run() throws StorageException {
            long end = offset + target.byteSize();
            long limit = Math.max(end, known.ceiling(end));
            long ownFrom = known.floor(offset);
            for (long at = ownFrom; at < limit; ) {
                Extent extent;
                try {
                    extent = extent(at, limit - at);
                } catch (StorageException e) {
                    if (limit == end) {
                        throw e;
                    }
                    // What is behind the read is no part of it, and may be gone.
                    limit = end;
                    continue;
                }
                long next = at + extent.bytes();
                if (extent.kind() == Extent.Kind.ABSENT) {
                    known.add(ownFrom, at);
                    ownFrom = next;
                    fetch(at, next);
                }
                at = next;
            }
            known.add(ownFrom, limit);
            readTo(end);
        }

        /** Reads what is still to be read before an offset. */
        private void readTo(long end) throws StorageException {
            long to = Math.min(end, offset + target.byteSize());
            if (done < to) {
                below().read(done, target.asSlice(done - offset, to - done));
                done = to;
            }
        }

        /** A range that the image has not, of which the read asks for a part. */
        private void fetch(long begin, long end) throws StorageException {
            readTo(begin);
            if (!below().isWritable()) {
                return;
            }
            for (long at = begin; at < end; at += MOST_BYTES) {
                long to = Math.min(end, at + MOST_BYTES);
                if (!copied(at, to)) {
                    eachStretch(at, to);
                }
                readTo(to);
            }
        }

        /** Somebody writes or copies some of it: that is left to them, and the rest is copied. */
        private void eachStretch(long begin, long end) throws StorageException {
            for (long at = begin; at < end; ) {
                long to = Math.min(end, known.next(at));
                copied(at, to);
                readTo(to);
                at = to;
            }
        }

        /** Copies a range, if nobody else is at it and the image has nothing of it. */
        private boolean copied(long at, long to) {
            if (!ranges.copy(at, to)) {
                return false;
            }
            try {
                return copy(at, (int) (to - at));
            } finally {
                ranges.copied(at, to);
            }
        }

        /** Through memory of our own: a guest could change what it has read before that is written. */
        private boolean copy(long at, int length) {
            MemorySegment bytes = MemorySegment.ofArray(new byte[length]);
            try {
                // It may have been written between the look and now, when nobody can.
                Extent extent = extent(at, length);
                if (extent.kind() != Extent.Kind.ABSENT || extent.bytes() < length) {
                    return false;
                }
                below().read(at, bytes);
            } catch (StorageException e) {
                // Perhaps not where the read asks: that tells by itself.
                return false;
            }
            long from = Math.max(at, done);
            long to = Math.min(at + length, offset + target.byteSize());
            if (from < to) {
                MemorySegment.copy(bytes, from - at, target, from - offset, to - from);
                done = to;
            }
            store(known, at, bytes);
            return true;
        }
    }

    /** Writes a copy, in pieces of whole stretches that are all zeros or none. */
    private void store(Own known, long offset, MemorySegment bytes) {
        long end = bytes.byteSize();
        for (long from = 0; from < end; ) {
            long to = stretch(known, offset, from, end);
            boolean zero = isZero(bytes.asSlice(from, to - from));
            for (long next = to; next < end; to = next) {
                next = stretch(known, offset, to, end);
                if (isZero(bytes.asSlice(to, next - to)) != zero) {
                    break;
                }
            }
            store(offset + from, bytes.asSlice(from, to - from), zero);
            from = to;
        }
    }

    /** Where the stretch ends that begins at a place in a copy. */
    private static long stretch(Own known, long offset, long from, long end) {
        return Math.min(end, known.next(offset + from) - offset);
    }

    private void store(long offset, MemorySegment bytes, boolean zero) {
        try {
            if (zero) {
                below().zero(offset, bytes.byteSize(), true);
            } else {
                below().write(offset, bytes);
            }
            copied.addAndGet(bytes.byteSize());
            unstable.addAndGet(bytes.byteSize());
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.AWAY) {
                failed.incrementAndGet();
                log.log(
                        System.Logger.Level.WARNING,
                        "{0} bytes at {1} were read, but could not be copied: {2}",
                        bytes.byteSize(),
                        offset,
                        e.getMessage());
            }
        }
    }

    /** A format keeps tables in memory until it is flushed, and a machine that ends does not save it. */
    private void makeStable() {
        if (unstable.getAndSet(0) > 0) {
            try {
                below().flush();
            } catch (StorageException e) {
                log.log(System.Logger.Level.WARNING, "what was copied may be lost: {0}", e.getMessage());
            }
        }
    }

    private static boolean isZero(MemorySegment bytes) {
        return MemorySegment.mismatch(bytes, 0, bytes.byteSize() - 1, bytes, 1, bytes.byteSize()) < 0
                && bytes.get(ValueLayout.JAVA_BYTE, 0) == 0;
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        ranges.change(offset, offset + source.byteSize());
        try {
            super.write(offset, source);
        } finally {
            ranges.changed(offset, offset + source.byteSize());
        }
    }

    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        ranges.change(offset, offset + bytes);
        try {
            own.remove(offset, bytes);
            super.zero(offset, bytes, mayDiscard);
        } finally {
            ranges.changed(offset, offset + bytes);
        }
    }

    @Override
    public void discard(long offset, long bytes) throws StorageException {
        ranges.change(offset, offset + bytes);
        try {
            own.remove(offset, bytes);
            super.discard(offset, bytes);
        } finally {
            ranges.changed(offset, offset + bytes);
        }
    }

    @Override
    public void resize(long capacityBytes) throws StorageException {
        ranges.change(0, Long.MAX_VALUE);
        try {
            super.resize(capacityBytes);
        } finally {
            own = new Own(below().capacityBytes());
            ranges.changed(0, Long.MAX_VALUE);
        }
    }

    @Override
    public Map<String, Long> statistics() {
        return Map.of("copied-bytes", copied.get(), "failed-copies", failed.get());
    }

    @Override
    public void flush() throws StorageException {
        unstable.set(0);
        super.flush();
    }

    @Override
    public void resume(Resumption why) {
        running = true;
    }

    @Override
    public void quiesce(Deadline deadline) {
        running = false;
        makeStable();
    }

    @Override
    public CopyOnReadState save() {
        return new CopyOnReadState();
    }
}
