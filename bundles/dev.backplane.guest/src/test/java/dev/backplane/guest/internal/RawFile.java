package dev.backplane.guest.internal;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A sparse file, to be written. */
public final class RawFile implements Storage, AutoCloseable {
    private final FileChannel channel;
    private final long capacityBytes;

    public RawFile(Path file, long capacityBytes) throws IOException {
        this.capacityBytes = capacityBytes;
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        channel.write(ByteBuffer.allocate(1), capacityBytes - 1);
    }

    @Override
    public long capacityBytes() {
        return capacityBytes;
    }

    @Override
    public boolean isWritable() {
        return true;
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        StorageException.checkRange(offset, source.byteSize(), capacityBytes);
        ByteBuffer bytes = source.asByteBuffer();
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes, offset + bytes.position());
            }
        } catch (IOException e) {
            throw new StorageException(StorageException.Kind.IO, String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public void flush() {
        // The host reads what was written.
    }

    @Override
    public void read(long offset, MemorySegment target) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void discard(long offset, long bytes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
