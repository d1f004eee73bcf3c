package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.StorageException;
import dev.backplane.image.ImageStorage;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Extents one behind the other. A request is cut where they meet. */
final class JoinedStorage implements ImageStorage {
    /** What is to be done before the first write. */
    @FunctionalInterface
    interface Beginning {
        void begin() throws StorageException;
    }

    private final List<ImageStorage> parts;
    private final long[] ends;
    private final Beginning beginning;
    private volatile boolean begun;

    JoinedStorage(List<ImageStorage> parts, Beginning beginning) {
        this.parts = List.copyOf(parts);
        this.beginning = beginning;
        ends = new long[parts.size()];
        long end = 0;
        for (int i = 0; i < ends.length; i++) {
            end += parts.get(i).capacityBytes();
            ends[i] = end;
        }
    }

    @Override
    public long capacityBytes() {
        return ends.length == 0 ? 0 : ends[ends.length - 1];
    }

    @Override
    public boolean isWritable() {
        return parts.stream().allMatch(ImageStorage::isWritable);
    }

    /** One piece of a request within a part. */
    @FunctionalInterface
    private interface Piece {
        void at(ImageStorage part, long offset, long done, long bytes) throws StorageException;
    }

    /** The part that has a byte. */
    private int find(long offset) {
        int low = 0;
        int high = ends.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (offset < ends[middle]) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private void cut(long offset, long bytes, Piece piece) throws StorageException {
        StorageException.checkRange(offset, bytes, capacityBytes());
        for (long done = 0; done < bytes; ) {
            int index = find(offset + done);
            ImageStorage part = parts.get(index);
            long from = offset + done - (ends[index] - part.capacityBytes());
            long length = Math.min(bytes - done, part.capacityBytes() - from);
            piece.at(part, from, done, length);
            done += length;
        }
    }

    private void begin() throws StorageException {
        if (!begun && isWritable()) {
            synchronized (this) {
                if (!begun) {
                    beginning.begin();
                    begun = true;
                }
            }
        }
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        cut(offset, target.byteSize(), (part, from, done, bytes) -> part.read(from, target.asSlice(done, bytes)));
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        begin();
        cut(offset, source.byteSize(), (part, from, done, bytes) -> part.write(from, source.asSlice(done, bytes)));
    }

    @Override
    public void discard(long offset, long bytes) throws StorageException {
        begin();
        cut(offset, bytes, (part, from, done, length) -> part.discard(from, length));
    }

    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        begin();
        cut(offset, bytes, (part, from, done, length) -> part.zero(from, length, mayDiscard));
    }

    @Override
    public Extent extent(long offset, long bytes) throws StorageException {
        StorageException.checkRange(offset, bytes, capacityBytes());
        int index = find(offset);
        ImageStorage part = parts.get(index);
        long begin = ends[index] - part.capacityBytes();
        Extent extent = part.extent(offset - begin, Math.min(bytes, ends[index] - offset));
        return parts.size() == 1
                ? extent
                // A place would not say in which file.
                : new Extent(offset, extent.bytes(), extent.kind());
    }

    @Override
    public void flush() throws StorageException {
        for (ImageStorage part : parts) {
            part.flush();
        }
    }

    @Override
    public void passOn() throws StorageException {
        for (ImageStorage part : parts) {
            part.passOn();
        }
    }
}
