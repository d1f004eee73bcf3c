package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.ImageBytes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The bytes of the image, which grows by large steps, and is not written any more when nobody knows which tables it has. Any thread.
 */
final class Image {
    /** It grows by so much at once. */
    static final long STEP = 1 << 20;

    private final ImageBytes all;
    private volatile boolean unsure;

    Image(ResizableStorage file) {
        all = new ImageBytes(file);
    }

    /** Reads a table; what is behind the end is zeros, since the last cluster may be cut short. */
    ByteBuffer read(long offset, int length) throws StorageException {
        return all.read(offset, length, ByteOrder.BIG_ENDIAN);
    }

    void read(long offset, MemorySegment target) throws StorageException {
        all.read(offset, target);
    }

    void write(long offset, MemorySegment source) throws StorageException {
        if (unsure) {
            throw new StorageException(
                    Kind.IO,
                    "an earlier write of the header failed, which may or may not stand there: open the image anew");
        }
        reserve(offset + source.byteSize());
        all.write(offset, source);
    }

    void write(long offset, byte[] source) throws StorageException {
        write(offset, MemorySegment.ofArray(source));
    }

    /**
     * Writes what leads to other tables from now on, all of it within a sector; they are stable. Where that fails nobody knows which tables
     * the image has, so that nothing is written any more.
     */
    void turn(long offset, byte[] source) throws StorageException {
        boolean written = false;
        try {
            write(offset, source);
            written = true;
            flush();
        } catch (StorageException e) {
            unsure |= written || e.kind() != Kind.AWAY;
            throw e;
        }
    }

    /** Has room up to an end, which reads as zeros where nothing was written. */
    void reserve(long end) throws StorageException {
        if (end > all.bytes()) {
            all.grow((end + STEP - 1) / STEP * STEP);
        }
    }

    void flush() throws StorageException {
        all.flush();
    }

    long bytes() {
        return all.bytes();
    }

    boolean isWritable() {
        return all.isWritable();
    }

    static StorageException corrupt(String what) {
        return ImageBytes.corrupt(what);
    }
}
