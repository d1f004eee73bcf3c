package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.luks.Ciphertext;
import dev.backplane.image.luks.EncryptedBytes;
import dev.backplane.image.luks.LuksKey;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Where the disk's bytes are: in the image, or in a file of their own, where each stands at its own offset; as they are, or encrypted, with
 * the offset there as what a sector is encrypted with. Any thread.
 */
final class DataFile implements AutoCloseable {
    private final Image image;
    private final @Nullable ResizableStorage file;
    private final @Nullable EncryptedBytes encrypted;
    private final boolean locked;

    private DataFile(Image image, @Nullable ResizableStorage file, @Nullable LuksKey key, boolean locked) {
        this.image = image;
        this.file = file;
        this.locked = locked;
        encrypted = key == null ? null : new EncryptedBytes(new Stored(), key);
    }

    /** Bytes as they are. */
    static DataFile plain(Image image, @Nullable ResizableStorage file) {
        return new DataFile(image, file, null, false);
    }

    /** Encrypted bytes; the key is closed with them. */
    static DataFile encrypted(Image image, @Nullable ResizableStorage file, LuksKey key) {
        return new DataFile(image, file, key, false);
    }

    /** Encrypted bytes without the key, for an image that is only described. */
    static DataFile locked(Image image, @Nullable ResizableStorage file) {
        return new DataFile(image, file, null, true);
    }

    /** Whether it is a file of its own. */
    boolean isOwn() {
        return file != null;
    }

    boolean isEncrypted() {
        return locked || encrypted != null;
    }

    void read(long place, MemorySegment target) throws StorageException {
        if (encrypted != null) {
            encrypted.read(place, target);
        } else {
            checkOpen();
            readStored(place, target);
        }
    }

    void write(long place, MemorySegment source) throws StorageException {
        if (encrypted != null) {
            encrypted.write(place, source);
        } else {
            checkOpen();
            writeStored(place, source);
        }
    }

    private void checkOpen() throws StorageException {
        if (locked) {
            throw new StorageException(
                    Kind.UNSUPPORTED, "the image is encrypted, and was opened without its passphrase to be described");
        }
    }

    /** Bytes as they stand there. */
    private final class Stored implements Ciphertext {
        @Override
        public void read(long offset, MemorySegment target) throws StorageException {
            readStored(offset, target);
        }

        @Override
        public void write(long offset, MemorySegment source) throws StorageException {
            writeStored(offset, source);
        }
    }

    private void readStored(long place, MemorySegment target) throws StorageException {
        if (file == null) {
            image.read(place, target);
            return;
        }
        long there = Math.clamp(file.capacityBytes() - place, 0L, target.byteSize());
        if (there > 0) {
            file.read(place, target.asSlice(0, there));
        }
        target.asSlice(there).fill((byte) 0);
    }

    private void writeStored(long place, MemorySegment source) throws StorageException {
        if (file == null) {
            image.write(place, source);
            return;
        }
        grow(place + source.byteSize());
        file.write(place, source);
    }

    private synchronized void grow(long end) throws StorageException {
        if (file != null && end > file.capacityBytes()) {
            file.resize(end);
        }
    }

    /** Makes a range of the own file read as zeros. */
    void zero(long place, long bytes, boolean mayDiscard) throws StorageException {
        if (encrypted != null) {
            encrypted.zero(place, bytes);
        } else if (file != null && bytes > 0) {
            checkOpen();
            grow(place + bytes);
            file.zero(place, bytes, mayDiscard);
        }
    }

    void resize(long bytes) throws StorageException {
        if (file != null) {
            file.resize(bytes);
        }
    }

    void flush() throws StorageException {
        if (file != null) {
            file.flush();
        }
    }

    @Override
    public void close() {
        if (encrypted != null) {
            encrypted.close();
        }
    }
}
