package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** The bytes of the image, as the tables see them. Any thread. */
final class Image {
    /** It grows by so much at once. */
    static final long STEP = 1 << 20;

    private final ResizableStorage file;
    private long bytes;
    private volatile boolean unsure;

    Image(ResizableStorage file) {
        this.file = file;
        bytes = file.capacityBytes();
    }

    /** Reads a table; what is behind the end is zeros, since the last cluster may be cut short. */
    ByteBuffer read(long offset, int length) throws StorageException {
        byte[] all = new byte[length];
        read(offset, MemorySegment.ofArray(all));
        return ByteBuffer.wrap(all);
    }

    void read(long offset, MemorySegment target) throws StorageException {
        long there = Math.clamp(bytes() - offset, 0L, target.byteSize());
        if (there > 0) {
            file.read(offset, target.asSlice(0, there));
        }
        target.asSlice(there).fill((byte) 0);
    }

    void write(long offset, MemorySegment source) throws StorageException {
        if (unsure) {
            throw new StorageException(
                    Kind.IO,
                    "an earlier write of the header failed, which may or may not stand there: open the image anew");
        }
        grow(offset + source.byteSize());
        file.write(offset, source);
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

    private synchronized void grow(long end) throws StorageException {
        if (end > bytes) {
            long next = (end + STEP - 1) / STEP * STEP;
            file.resize(next);
            bytes = next;
        }
    }

    /** Has room up to an end, which reads as zeros where nothing was written. */
    void reserve(long end) throws StorageException {
        grow(end);
    }

    void flush() throws StorageException {
        file.flush();
    }

    synchronized long bytes() {
        return bytes;
    }

    boolean isWritable() {
        return file.isWritable();
    }

    static StorageException corrupt(String what) {
        return new StorageException(Kind.CORRUPT, what + ": the image is damaged");
    }
}
