package dev.backplane.image;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A disk of blocks of one length, each in the image or not at all; then a backing disk shows through, if there is one. A request is cut at block
 * boundaries; data moves without the monitor, the table is asked and changed under it. Blocks are added at the end, and neither move nor go away: space is given up in the layer below.
 *
 * <p><b>Order of writes.</b> A new block's bytes go to the file at once, its entry stays in memory until a flush: then data are made stable,
 * then the table is written. So whatever is lost at any moment, an entry leads to a block that was written.
 */
public final class BlockStorage implements ImageStorage {
    /** So many changed pages are written without being asked. */
    private static final int MOST_CHANGES = 256;

    /** So many blocks are looked at for one extent. */
    private static final int MOST_LOOKED_AT = 4096;

    private static final int SECTOR = 512;

    private final ImageBytes file;
    private final BlockTable table;
    private final int blockBytes;
    private final Backing backing;
    /** Blocks that get a place: others wait. */
    private final BusyRanges busy = new BusyRanges(this);
    /** Places whose first user failed. */
    private final Deque<Long> spare = new ArrayDeque<>();

    private volatile long capacityBytes;
    private volatile boolean begun;
    /** What is behind that has never been written. */
    private long untouchedFrom;

    /**
     * A disk that stands alone.
     *
     * @param file its image
     * @param table finds its blocks
     * @param blockBytes how long each is
     * @param capacityBytes how long the disk is
     */
    public BlockStorage(ImageBytes file, BlockTable table, int blockBytes, long capacityBytes) {
        this(file, table, blockBytes, capacityBytes, Backing.NONE);
    }

    /**
     * A disk through which another one shows.
     *
     * @param file its image
     * @param table finds its blocks
     * @param blockBytes how long each is
     * @param capacityBytes how long the disk is
     * @param backing what its holes read as
     */
    public BlockStorage(ImageBytes file, BlockTable table, int blockBytes, long capacityBytes, Backing backing) {
        this.backing = backing;
        this.file = file;
        this.table = table;
        this.blockBytes = blockBytes;
        this.capacityBytes = capacityBytes;
        untouchedFrom = file.bytes();
    }

    @Override
    public long capacityBytes() {
        return capacityBytes;
    }

    /**
     * Changes its length, once the table has been prepared for it.
     *
     * @param next the new one
     */
    public void capacityBytes(long next) {
        capacityBytes = next;
    }

    @Override
    public boolean isWritable() {
        return file.isWritable();
    }

    /** One piece of a request within a block. */
    @FunctionalInterface
    private interface Piece {
        void at(long block, int from, long done, int length) throws StorageException;
    }

    private void cut(long offset, long bytes, Piece piece) throws StorageException {
        StorageException.checkRange(offset, bytes, capacityBytes);
        for (long done = 0; done < bytes; ) {
            int from = (int) ((offset + done) % blockBytes);
            int length = (int) Math.min(blockBytes - from, bytes - done);
            piece.at((offset + done) / blockBytes, from, done, length);
            done += length;
        }
    }

    /** Where a block is; a place that the file does not have is an error even for who only reads. */
    private long place(long block) throws StorageException {
        long place = table.place(block);
        if (isPlace(place) && (place < 0 || place >= file.bytes())) {
            throw ImageBytes.corrupt("block %d is at 0x%x, behind the image's end".formatted(block, place));
        }
        return place;
    }

    private static boolean isPlace(long place) {
        return place != BlockTable.HOLE && place != BlockTable.ZEROS;
    }

    // Reading

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        cut(offset, target.byteSize(), (block, from, done, length) -> read(block, from, target.asSlice(done, length)));
    }

    private void read(long block, int from, MemorySegment target) throws StorageException {
        long place;
        byte[] sectors;
        synchronized (this) {
            place = place(block);
            sectors = isPlace(place) ? table.sectors(block) : null;
        }
        if (!isPlace(place)) {
            readHole(place, block * blockBytes + from, target);
            return;
        }
        file.read(place + from, target);
        if (sectors != null) {
            clear(sectors, from, target);
        }
    }

    private void readHole(long place, long offset, MemorySegment target) throws StorageException {
        if (place == BlockTable.HOLE) {
            backing.read(offset, target);
        } else {
            target.fill((byte) 0);
        }
    }

    private static void clear(byte[] sectors, int from, MemorySegment target) {
        for (long done = 0; done < target.byteSize(); ) {
            int at = from + (int) done;
            long length = Math.min(SECTOR - at % SECTOR, target.byteSize() - done);
            if ((sectors[at / SECTOR / 8] & 0x80 >> at / SECTOR % 8) == 0) {
                target.asSlice(done, length).fill((byte) 0);
            }
            done += length;
        }
    }

    @Override
    public Extent extent(long offset, long bytes) throws StorageException {
        StorageException.checkRange(offset, bytes, capacityBytes);
        long block = offset / blockBytes;
        int from = (int) (offset % blockBytes);
        long place;
        long length = blockBytes - from;
        synchronized (this) {
            place = place(block);
            for (int i = 1; i < MOST_LOOKED_AT && length < bytes; i++) {
                long next = place(block + i);
                if (next != (isPlace(place) ? place + (long) i * blockBytes : place)) {
                    break;
                }
                length += blockBytes;
            }
        }
        length = Math.min(length, bytes);
        return isPlace(place)
                ? file.extent(place + from, offset, length)
                : new Extent(offset, length, place == BlockTable.HOLE ? Extent.Kind.ABSENT : Extent.Kind.ZERO);
    }

    // Writing

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        begin();
        cut(offset, source.byteSize(), (block, from, done, length) -> write(block, from, source.asSlice(done, length)));
    }

    private void begin() throws StorageException {
        file.checkWritable();
        if (!begun) {
            synchronized (this) {
                if (!begun) {
                    table.begin();
                    begun = true;
                }
            }
        }
    }

    private void write(long block, int from, MemorySegment source) throws StorageException {
        long place;
        synchronized (this) {
            busy.await(block, block + 1);
            place = place(block);
            if (isPlace(place)) {
                table.touch(block);
            } else {
                busy.add(block, block + 1);
            }
        }
        if (isPlace(place)) {
            file.write(place + from, source);
            return;
        }
        try {
            boolean shows = place == BlockTable.HOLE && backing.shows(block * blockBytes);
            if (shows && source.byteSize() < blockBytes) {
                add(block, 0, around(block, from, source));
            } else {
                add(block, from, source);
            }
        } finally {
            busy.remove(block, block + 1);
        }
    }

    /** What is written, with what the backing disk has around it. */
    private MemorySegment around(long block, int from, MemorySegment source) throws StorageException {
        MemorySegment whole = MemorySegment.ofArray(new byte[blockBytes]);
        // A backing disk that is longer shows nothing behind the end.
        backing.read(block * blockBytes, whole.asSlice(0, Math.min(blockBytes, capacityBytes - block * blockBytes)));
        MemorySegment.copy(source, 0, whole, from, source.byteSize());
        return whole;
    }

    /** A place for a block, with zeros around what is written. */
    private void add(long block, int from, MemorySegment source) throws StorageException {
        long place;
        long dirtyTo;
        synchronized (this) {
            Long free = spare.poll();
            place = free != null ? free : table.append();
            dirtyTo = untouchedFrom;
            untouchedFrom = Math.max(untouchedFrom, place + blockBytes);
        }
        try {
            fill(place, from, source, dirtyTo);
        } catch (StorageException | RuntimeException e) {
            giveBack(place);
            throw e;
        }
        lead(block, place);
    }

    private void fill(long place, int from, MemorySegment source, long dirtyTo) throws StorageException {
        file.grow(place + blockBytes);
        if (dirtyTo > place && source.byteSize() < blockBytes) {
            file.zero(place, Math.min(blockBytes, dirtyTo - place), true);
        }
        file.write(place + from, source);
    }

    private synchronized void giveBack(long place) {
        spare.add(place);
    }

    private synchronized void lead(long block, long place) throws StorageException {
        table.lead(block, place);
        if (table.changes() > MOST_CHANGES) {
            passOn();
        }
    }

    /** What has no bytes reads as zeros already, unless a backing disk shows through. */
    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        begin();
        cut(offset, bytes, (block, from, done, length) -> {
            long place = settled(block);
            if (isPlace(place)) {
                file.zero(place + from, length, mayDiscard);
            } else if (place == BlockTable.HOLE && backing.shows(block * blockBytes + from)) {
                boolean all = from == 0 && (length == blockBytes || offset + done + length == capacityBytes);
                if (!all || !cleared(block)) {
                    write(block, from, MemorySegment.ofArray(new byte[length]));
                }
            }
        });
    }

    /** Whether the block reads as zeros now without having bytes; false also where it has got some meanwhile. */
    private synchronized boolean cleared(long block) throws StorageException {
        busy.await(block, block + 1);
        return place(block) == BlockTable.HOLE && table.clear(block);
    }

    @Override
    public void discard(long offset, long bytes) throws StorageException {
        begin();
        cut(offset, bytes, (block, from, done, length) -> {
            long place = settled(block);
            if (isPlace(place)) {
                file.discard(place + from, length);
            }
        });
    }

    /** Where a block is whose sectors all count. */
    private synchronized long settled(long block) throws StorageException {
        busy.await(block, block + 1);
        long place = place(block);
        if (isPlace(place)) {
            table.touch(block);
        }
        return place;
    }

    // What is in memory goes to the image

    @Override
    public void flush() throws StorageException {
        if (file.isWritable()) {
            passOn();
            file.flush();
        }
    }

    @Override
    public synchronized void passOn() throws StorageException {
        if (table.changes() > 0) {
            file.flush();
            table.write();
        }
    }

    /**
     * Runs while no block is looked up or added, after everything has been passed on: for changes of the table as a whole.
     *
     * @param change what is to be done
     * @throws StorageException as the change does
     */
    public synchronized void exclusively(Change change) throws StorageException {
        begin();
        passOn();
        change.make();
    }

    /** A change of the table as a whole. */
    @FunctionalInterface
    public interface Change {
        /**
         * Makes it.
         *
         * @throws StorageException when it cannot
         */
        void make() throws StorageException;
    }
}
