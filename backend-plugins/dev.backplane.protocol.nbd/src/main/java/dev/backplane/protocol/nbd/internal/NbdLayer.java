package dev.backplane.protocol.nbd.internal;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.part.RevokedException;
import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.nbd.wire.ExportInfo;
import dev.backplane.nbd.wire.Nbd;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The export as it is: requests are cut to what the server takes, and made whole blocks where it wants those. */
final class NbdLayer implements StorageLayer<NbdState>, MappedStorage {
    /** What has no data may be this long. */
    private static final long LONG_BYTES = 1L << 30;

    private static final int ZEROS_BYTES = 64 << 10;

    private final NbdOptions options;
    private final StorageContext context;
    private final Link link;
    private final ExportInfo info;
    private final boolean allocation;
    private final long block;
    private final long capacityBytes;
    /** Blocks are read, changed and written by one at a time. */
    private final Object changing = new Object();
    /** Whether the connection is this part's: from its first resume to its save. */
    private boolean owner;

    NbdLayer(NbdOptions options, StorageContext context, Link link) {
        this.options = options;
        this.context = context;
        this.link = link;
        Terms terms = link.terms();
        info = terms.info();
        allocation = terms.hasAllocation();
        block = info.minimumBlock();
        // What is left behind the last whole block cannot be reached.
        capacityBytes = info.bytes() / block * block;
    }

    @Override
    public boolean holdsBack() {
        return false;
    }

    @Override
    public long capacityBytes() {
        return capacityBytes;
    }

    @Override
    public boolean isWritable() {
        return !options.readOnly() && !info.has(Nbd.FLAG_READ_ONLY);
    }

    private void checkWritable() throws StorageException {
        if (!isWritable()) {
            throw new StorageException(Kind.READ_ONLY, options.name() + " can only be read");
        }
    }

    private boolean isWhole(long offset, long bytes) {
        return ((offset | bytes) & block - 1) == 0;
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        long bytes = target.byteSize();
        StorageException.checkRange(offset, bytes, capacityBytes);
        long most = info.maximumPayload() / block * block;
        for (long done = 0; done < bytes; ) {
            long at = offset + done;
            long count = Math.min(most - (at & block - 1), bytes - done);
            MemorySegment piece = target.asSlice(done, count);
            if (isWhole(at, count)) {
                link.perform(Nbd.CMD_READ, 0, at, count, piece);
            } else {
                try (Arena arena = Arena.ofShared()) {
                    MemorySegment.copy(readBlocks(arena, at, count), at & block - 1, piece, 0, count);
                }
            }
            done += count;
        }
    }

    /** The blocks in which a range is. */
    private MemorySegment readBlocks(Arena arena, long offset, long bytes) throws StorageException {
        long begin = offset & -block;
        long end = offset + bytes + block - 1 & -block;
        MemorySegment blocks = arena.allocate(end - begin);
        link.perform(Nbd.CMD_READ, 0, begin, end - begin, blocks);
        return blocks;
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        checkWritable();
        long bytes = source.byteSize();
        StorageException.checkRange(offset, bytes, capacityBytes);
        long most = info.maximumPayload() / block * block;
        for (long done = 0; done < bytes; ) {
            long at = offset + done;
            long count = Math.min(most - (at & block - 1), bytes - done);
            MemorySegment piece = source.asSlice(done, count);
            if (block == 1) {
                link.perform(Nbd.CMD_WRITE, 0, at, count, piece);
            } else {
                writeBlocks(at, piece);
            }
            done += count;
        }
    }

    private void writeBlocks(long offset, MemorySegment source) throws StorageException {
        if (isWhole(offset, source.byteSize())) {
            link.perform(Nbd.CMD_WRITE, 0, offset, source.byteSize(), source);
            return;
        }
        // Two that change parts of one block must not undo each other.
        synchronized (changing) {
            try (Arena arena = Arena.ofShared()) {
                MemorySegment blocks = readBlocks(arena, offset, source.byteSize());
                MemorySegment.copy(source, 0, blocks, offset & block - 1, source.byteSize());
                link.perform(Nbd.CMD_WRITE, 0, offset & -block, blocks.byteSize(), blocks);
            }
        }
    }

    /** A server that offers no flush keeps nothing back. */
    @Override
    public void flush() throws StorageException {
        if (isWritable() && info.has(Nbd.FLAG_SEND_FLUSH)) {
            link.perform(Nbd.CMD_FLUSH, 0, 0, 0, MemorySegment.NULL);
        }
    }

    /** Whole blocks are given up; where the server cannot, they stay as they are, which is one of the things that they may be. */
    @Override
    public void discard(long offset, long bytes) throws StorageException {
        checkWritable();
        StorageException.checkRange(offset, bytes, capacityBytes);
        if (!info.has(Nbd.FLAG_SEND_TRIM)) {
            return;
        }
        long begin = offset + block - 1 & -block;
        long end = offset + bytes & -block;
        for (long at = begin; at < end; at += LONG_BYTES) {
            link.perform(Nbd.CMD_TRIM, 0, at, Math.min(LONG_BYTES, end - at), MemorySegment.NULL);
        }
    }

    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        checkWritable();
        StorageException.checkRange(offset, bytes, capacityBytes);
        long begin = Math.min(offset + bytes, offset + block - 1 & -block);
        long end = Math.max(begin, offset + bytes & -block);
        if (!info.has(Nbd.FLAG_SEND_WRITE_ZEROES)) {
            end = begin;
        }
        writeZeros(offset, begin);
        for (long at = begin; at < end; at += LONG_BYTES) {
            int flags = mayDiscard ? 0 : Nbd.CMD_FLAG_NO_HOLE;
            link.perform(Nbd.CMD_WRITE_ZEROES, flags, at, Math.min(LONG_BYTES, end - at), MemorySegment.NULL);
        }
        writeZeros(end, offset + bytes);
    }

    private void writeZeros(long begin, long end) throws StorageException {
        if (begin < end) {
            MemorySegment zeros = MemorySegment.ofArray(new byte[(int) Math.min(ZEROS_BYTES, end - begin)]);
            for (long at = begin; at < end; at += ZEROS_BYTES) {
                write(at, zeros.asSlice(0, Math.min(ZEROS_BYTES, end - at)));
            }
        }
    }

    @Override
    public Extent extent(long offset, long bytes) throws StorageException {
        StorageException.checkRange(offset, bytes, capacityBytes);
        if (!allocation) {
            return new Extent(offset, bytes, Extent.Kind.DATA);
        }
        long begin = offset & -block;
        long end = Math.min(offset + bytes + block - 1 & -block, begin + LONG_BYTES);
        long found = link.perform(Nbd.CMD_BLOCK_STATUS, Nbd.CMD_FLAG_REQ_ONE, begin, end - begin, MemorySegment.NULL);
        long length = (found >>> 32) - (offset - begin);
        if (length <= 0) {
            throw new StorageException(
                    Kind.IO, "%s: an extent of %d bytes at %d".formatted(options.name(), found >>> 32, begin));
        }
        // What is a hole and does not read as zeros is nothing that anybody could do without.
        boolean zero = (found & Nbd.STATE_ZERO) != 0;
        return new Extent(offset, Math.min(length, bytes), zero ? Extent.Kind.ZERO : Extent.Kind.DATA);
    }

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        link.rest(deadline);
    }

    /** The connection stays in the bay where another can go on with it: the server may take no second one. */
    @Override
    public NbdState save() {
        owner = false;
        return link.terms().state(link.leave());
    }

    @Override
    public void resume(Resumption why) {
        owner = true;
    }

    @Override
    public void close() {
        if (!owner) {
            link.detach();
            return;
        }
        owner = false;
        link.end();
        try {
            context.release(Link.CONNECTION);
        } catch (RevokedException fenced) {
            // What is left of it goes with the bay, or with the next part.
        }
    }
}
