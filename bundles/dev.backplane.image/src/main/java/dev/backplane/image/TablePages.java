package dev.backplane.image;

import dev.backplane.api.storage.StorageException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Pages of an image's tables in memory: read when they are asked for, the least used forgotten, those that were changed kept until they are
 * written. One thread at a time.
 */
public final class TablePages {
    private static final int KEPT = 1024;

    private final ImageBytes file;
    private final ByteOrder order;
    private final int kept;
    private final SortedMap<Long, ByteBuffer> changed = new TreeMap<>();
    private final Map<Long, ByteBuffer> clean = new LinkedHashMap<>(16, 0.75f, true);

    /**
     * No pages yet.
     *
     * @param file the image
     * @param order of the numbers in them
     */
    public TablePages(ImageBytes file, ByteOrder order) {
        this(file, order, KEPT);
    }

    /**
     * No pages yet, for images of which there are many.
     *
     * @param file the image
     * @param order of the numbers in them
     * @param kept how many are kept although they have not changed
     */
    public TablePages(ImageBytes file, ByteOrder order, int kept) {
        this.file = file;
        this.order = order;
        this.kept = kept;
    }

    /**
     * A page to look at.
     *
     * @param offset where it is in the image; pages do not overlap
     * @param bytes its length, always the same for an offset
     * @return its bytes, to be read before the next call
     * @throws StorageException when it cannot be read
     */
    public ByteBuffer page(long offset, int bytes) throws StorageException {
        ByteBuffer known = changed.get(offset);
        if (known == null) {
            known = clean.get(offset);
        }
        if (known == null) {
            known = file.read(offset, bytes, order);
            keep(offset, known);
        }
        return known;
    }

    private void keep(long offset, ByteBuffer page) {
        clean.put(offset, page);
        if (clean.size() > kept) {
            clean.remove(clean.keySet().iterator().next());
        }
    }

    /**
     * A page to change.
     *
     * @param offset where it is in the image
     * @param bytes its length
     * @return its bytes, which go to the image with the next {@link #write}
     * @throws StorageException when it cannot be read
     */
    public ByteBuffer change(long offset, int bytes) throws StorageException {
        ByteBuffer page = page(offset, bytes);
        clean.remove(offset);
        changed.put(offset, page);
        return page;
    }

    /**
     * How many have been changed and not been written.
     *
     * @return pages
     */
    public int changes() {
        return changed.size();
    }

    /**
     * The pages that have been changed and not been written.
     *
     * @return by their offsets, in order; a view
     */
    public SortedMap<Long, ByteBuffer> changed() {
        return changed;
    }

    /**
     * Writes what has been changed.
     *
     * @throws StorageException when it cannot be written; what has not been stays changed
     */
    public void write() throws StorageException {
        while (!changed.isEmpty()) {
            long offset = changed.firstKey();
            ByteBuffer page = changed.get(offset);
            file.write(offset, page);
            changed.remove(offset);
            keep(offset, page);
        }
    }

    /** Somebody else has written what has been changed. */
    public void written() {
        changed.forEach(this::keep);
        changed.clear();
    }
}
