package dev.backplane.image;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalLong;

/** The bytes of an image, as its tables see them: behind the end they are zeros, and it grows where it is written. Any thread. */
public final class ImageBytes {
    private final ResizableStorage file;
    private long bytes;

    /**
     * The image in a layer.
     *
     * @param file the layer below
     */
    public ImageBytes(ResizableStorage file) {
        this.file = file;
        bytes = file.capacityBytes();
    }

    /**
     * Reads a piece of a table or a header.
     *
     * @param offset the first byte
     * @param length bytes; the caller bounds it
     * @param order of the numbers in it
     * @return a buffer of that length from position 0
     * @throws StorageException when it cannot be read
     */
    public ByteBuffer read(long offset, int length, ByteOrder order) throws StorageException {
        byte[] all = new byte[length];
        read(offset, MemorySegment.ofArray(all));
        return ByteBuffer.wrap(all).order(order);
    }

    /**
     * Reads; what is behind the end is zeros, since the last block may be cut short.
     *
     * @param offset the first byte
     * @param target filled wholly
     * @throws StorageException when it cannot be read
     */
    public void read(long offset, MemorySegment target) throws StorageException {
        long there = Math.clamp(bytes() - offset, 0L, target.byteSize());
        if (there > 0) {
            file.read(offset, target.asSlice(0, there));
        }
        target.asSlice(there).fill((byte) 0);
    }

    /**
     * Writes; the image grows if it must.
     *
     * @param offset the first byte
     * @param source all of it
     * @throws StorageException when it cannot be written
     */
    public void write(long offset, MemorySegment source) throws StorageException {
        grow(offset + source.byteSize());
        file.write(offset, source);
    }

    /**
     * Writes a table or a header.
     *
     * @param offset the first byte
     * @param source all of it, whatever its position
     * @throws StorageException when it cannot be written
     */
    public void write(long offset, ByteBuffer source) throws StorageException {
        write(offset, MemorySegment.ofArray(source.array()));
    }

    /**
     * Makes it at least so long; what is added is zeros.
     *
     * @param end the length
     * @throws StorageException when it cannot grow
     */
    public synchronized void grow(long end) throws StorageException {
        if (end > bytes) {
            file.resize(end);
            bytes = end;
        }
    }

    /**
     * Makes a range read as zeros; what is behind the end does so anyway.
     *
     * @param offset the first byte
     * @param length how many
     * @param mayDiscard whether the space may be given up
     * @throws StorageException when it cannot
     */
    public void zero(long offset, long length, boolean mayDiscard) throws StorageException {
        long there = Math.clamp(bytes() - offset, 0L, length);
        if (there > 0) {
            file.zero(offset, there, mayDiscard);
        }
    }

    /**
     * Says that a range is not needed any more.
     *
     * @param offset the first byte
     * @param length how many
     * @throws StorageException when it cannot
     */
    public void discard(long offset, long length) throws StorageException {
        long there = Math.clamp(bytes() - offset, 0L, length);
        if (there > 0) {
            file.discard(offset, there);
        }
    }

    /**
     * Cuts it off, where the layer below can.
     *
     * @param end its length, if it is longer
     * @throws StorageException when it fails
     */
    public synchronized void trim(long end) throws StorageException {
        if (end < bytes) {
            try {
                file.resize(end);
                bytes = end;
            } catch (StorageException e) {
                if (e.kind() != Kind.UNSUPPORTED) {
                    throw e;
                }
            }
        }
    }

    /**
     * What the layer below knows of a range that a disk has there as it is.
     *
     * @param place where it is
     * @param offset the same on the disk
     * @param length how many bytes are of interest; at least 1
     * @return an extent of the disk: data or zeros
     * @throws StorageException when it cannot be told
     */
    public Extent extent(long place, long offset, long length) throws StorageException {
        long there = Math.min(length, bytes() - place);
        if (there <= 0) {
            return new Extent(offset, length, Extent.Kind.ZERO);
        }
        Extent below = MappedStorage.extent(file, place, there);
        return new Extent(
                offset,
                below.bytes(),
                below.kind() == Extent.Kind.DATA ? Extent.Kind.DATA : Extent.Kind.ZERO,
                OptionalLong.of(place),
                false);
    }

    /**
     * Makes stable what has been written.
     *
     * @throws StorageException when it cannot
     */
    public void flush() throws StorageException {
        file.flush();
    }

    /**
     * Its length.
     *
     * @return bytes
     */
    public synchronized long bytes() {
        return bytes;
    }

    /**
     * Whether it can be written.
     *
     * @return false where every write fails
     */
    public boolean isWritable() {
        return file.isWritable();
    }

    /**
     * Refuses a write to what can only be read.
     *
     * @throws StorageException of kind READ_ONLY
     */
    public void checkWritable() throws StorageException {
        if (!file.isWritable()) {
            throw new StorageException(Kind.READ_ONLY, "the image is opened for reading only");
        }
    }

    /**
     * What an image says contradicts itself.
     *
     * @param what the thing, the value and what was expected
     * @return to be thrown
     */
    public static StorageException corrupt(String what) {
        return new StorageException(Kind.CORRUPT, what + ": the image is damaged");
    }
}
