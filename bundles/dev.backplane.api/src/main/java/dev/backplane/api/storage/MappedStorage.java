package dev.backplane.api.storage;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A storage that knows where it has bytes of its own. Layers implement it where they can; the kernel passes it on. A format that keeps
 * ranges as they are asks the layer below through {@link #extent(Storage, long, long)}.
 */
@ConsumerType
public interface MappedStorage extends Storage {
    /**
     * What begins at an offset. Callable wherever a read is.
     *
     * @param offset the first byte
     * @param bytes how many are of interest; at least 1
     * @return an extent that begins at {@code offset} and is at most {@code bytes} long. What follows it may be of the same kind: a layer
     *     looks no further than is cheap, and never at data itself
     * @throws StorageException when it cannot, or the range is not within the capacity
     */
    Extent extent(long offset, long bytes) throws StorageException;

    /**
     * What begins at an offset of any storage: one that does not know has data everywhere.
     *
     * @param storage which
     * @param offset the first byte
     * @param bytes how many are of interest; at least 1
     * @return as {@link #extent(long, long)} does
     * @throws StorageException when it cannot, or the range is not within the capacity
     */
    static Extent extent(Storage storage, long offset, long bytes) throws StorageException {
        if (storage instanceof MappedStorage mapped) {
            return mapped.extent(offset, bytes);
        }
        StorageException.checkRange(offset, bytes, storage.capacityBytes());
        return new Extent(offset, bytes, Extent.Kind.DATA);
    }
}
