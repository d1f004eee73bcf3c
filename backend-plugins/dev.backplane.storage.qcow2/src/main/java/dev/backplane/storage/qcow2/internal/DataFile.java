package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Where the disk's bytes are: in the image, or in a file of their own, where each stands at its own offset. Any thread. */
final class DataFile {
    private final Image image;
    private final @Nullable ResizableStorage file;

    DataFile(Image image, @Nullable ResizableStorage file) {
        this.image = image;
        this.file = file;
    }

    /** Whether it is a file of its own. */
    boolean isOwn() {
        return file != null;
    }

    void read(long place, MemorySegment target) throws StorageException {
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

    void write(long place, MemorySegment source) throws StorageException {
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
        if (file != null && bytes > 0) {
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
}
