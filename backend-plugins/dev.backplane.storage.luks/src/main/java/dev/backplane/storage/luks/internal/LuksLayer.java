package dev.backplane.storage.luks.internal;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.image.DescribedStorage;
import dev.backplane.api.storage.image.ImageDescription;
import dev.backplane.image.luks.EncryptedBytes;
import dev.backplane.image.luks.LuksHeader;
import java.lang.foreign.MemorySegment;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** An open image. Each call is passed on by the thread that it comes on, encrypted. */
final class LuksLayer implements StorageLayer<LuksState>, ResizableStorage, DescribedStorage {
    private final LuksHeader header;
    private final Payload payload;
    private final @Nullable EncryptedBytes disk;
    private volatile long capacityBytes;

    /**
     * A layer, quiesced.
     *
     * @param disk closed with it; null for an image that is only described
     */
    LuksLayer(LuksHeader header, Payload payload, @Nullable EncryptedBytes disk) {
        this.header = header;
        this.payload = payload;
        this.disk = disk;
        capacityBytes = payload.capacityBytes();
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
        return payload.image().isWritable();
    }

    private EncryptedBytes disk(long offset, long bytes) throws StorageException {
        StorageException.checkRange(offset, bytes, capacityBytes);
        EncryptedBytes open = disk;
        if (open == null) {
            throw new StorageException(
                    Kind.UNSUPPORTED, "the image is encrypted, and was opened without its passphrase to be described");
        }
        return open;
    }

    private void checkWritable() throws StorageException {
        if (!isWritable()) {
            throw new StorageException(Kind.READ_ONLY, "the image is opened for reading only");
        }
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        disk(offset, target.byteSize()).read(offset, target);
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        checkWritable();
        disk(offset, source.byteSize()).write(offset, source);
    }

    @Override
    public void flush() throws StorageException {
        if (isWritable()) {
            payload.image().flush();
        }
    }

    /** Stays as it is: what the layer below gives up would read as anything. */
    @Override
    public void discard(long offset, long bytes) throws StorageException {
        checkWritable();
        disk(offset, bytes);
    }

    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        checkWritable();
        disk(offset, bytes).zero(offset, bytes);
    }

    /** What is added is written, with zeros. */
    @Override
    public synchronized void resize(long bytes) throws StorageException {
        checkWritable();
        long before = capacityBytes;
        EncryptedBytes open = disk(0, 0);
        payload.resize(bytes);
        if (bytes > before) {
            open.zero(before, bytes - before);
        }
        capacityBytes = bytes;
    }

    @Override
    public ImageDescription describe() {
        return new ImageDescription(OptionalLong.empty(), OptionalLong.empty(), true, false, false, header.told());
    }

    @Override
    public void quiesce(Deadline deadline) {
        // Requests are the kernel's to wait for.
    }

    @Override
    public LuksState save() {
        return new LuksState();
    }

    @Override
    public void resume(Resumption why) {
        // Nothing to start.
    }

    @Override
    public void close() {
        if (disk != null) {
            disk.close();
        }
    }
}
