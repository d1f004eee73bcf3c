package dev.backplane.image;

import dev.backplane.api.storage.StorageException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A table of numbers that stand one behind the other in the image, by {@link TablePages}. One thread at a time. */
public final class TableArray {
    /** A page; the last one of a table is shorter. */
    private static final int PAGE = 4096;

    private static final int READ_AHEAD = 64 << 10;

    private final ImageBytes file;
    private final TablePages pages;
    private final ByteOrder order;
    private final long offset;
    private final long entries;
    private final int entryBytes;

    /**
     * A table.
     *
     * @param file the image
     * @param order of its numbers
     * @param offset where its first entry is
     * @param entries how many it has
     * @param entryBytes the length of each, 4 or 8
     */
    public TableArray(ImageBytes file, ByteOrder order, long offset, long entries, int entryBytes) {
        this.file = file;
        this.order = order;
        this.offset = offset;
        this.entries = entries;
        this.entryBytes = entryBytes;
        pages = new TablePages(file, order);
    }

    private long at(long index) {
        if (index < 0 || index >= entries) {
            throw new IndexOutOfBoundsException("entry %d of %d".formatted(index, entries));
        }
        return index * entryBytes / PAGE * PAGE;
    }

    private int length(long at) {
        return (int) Math.min(PAGE, entries * entryBytes - at);
    }

    private long value(ByteBuffer page, int at) {
        return entryBytes == 4 ? page.getInt(at) & 0xffff_ffffL : page.getLong(at);
    }

    /**
     * An entry.
     *
     * @param index which
     * @return its value, without a sign if it has 4 bytes
     * @throws StorageException when it cannot be read
     */
    public long get(long index) throws StorageException {
        long at = at(index);
        return value(pages.page(offset + at, length(at)), (int) (index * entryBytes - at));
    }

    /**
     * Changes an entry, in memory.
     *
     * @param index which
     * @param value its value; of one with 4 bytes only the low half counts
     * @throws StorageException when its page cannot be read
     */
    public void set(long index, long value) throws StorageException {
        long at = at(index);
        ByteBuffer page = pages.change(offset + at, length(at));
        int within = (int) (index * entryBytes - at);
        if (entryBytes == 4) {
            page.putInt(within, (int) value);
        } else {
            page.putLong(within, value);
        }
    }

    /** Is shown each entry. */
    @FunctionalInterface
    public interface Visitor {
        /**
         * Looks at one.
         *
         * @param index which
         * @param value its value
         * @throws StorageException ends the walk
         */
        void entry(long index, long value) throws StorageException;
    }

    /**
     * Shows each entry as it stands in the image, in order; what has been changed in memory does not count. What is behind the image's end is not
     * shown, so that a walk takes no longer than the image is.
     *
     * @param visitor is shown them
     * @throws StorageException when they cannot be read, or as the visitor does
     */
    public void walk(Visitor visitor) throws StorageException {
        long there = Math.min(entries * entryBytes, file.bytes() - offset);
        for (long at = 0; at < there; at += READ_AHEAD) {
            int length = (int) Math.min(READ_AHEAD, there - at) / entryBytes * entryBytes;
            ByteBuffer some = file.read(offset + at, length, order);
            for (int i = 0; i < length; i += entryBytes) {
                visitor.entry((at + i) / entryBytes, value(some, i));
            }
        }
    }

    /**
     * Its pages.
     *
     * @return always the same
     */
    public TablePages pages() {
        return pages;
    }
}
