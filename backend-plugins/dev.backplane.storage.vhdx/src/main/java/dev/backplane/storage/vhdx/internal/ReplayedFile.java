package dev.backplane.storage.vhdx.internal;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;
import java.util.NavigableMap;
import java.util.TreeMap;

/** An image that shows pages of its log in their places, until they are written there. Nothing else is written before. Any thread. */
final class ReplayedFile implements ResizableStorage, MappedStorage {
    private final ResizableStorage file;
    private volatile NavigableMap<Long, byte[]> pages = new TreeMap<>();

    ReplayedFile(ResizableStorage file) {
        this.file = file;
    }

    /** Shows pages from now on; nobody else has this yet. */
    void show(NavigableMap<Long, byte[]> replayed) {
        pages = replayed;
    }

    boolean isReplayed() {
        return !pages.isEmpty();
    }

    /** Writes the pages to their places. They are shown as long as that is not stable. */
    void settle() throws StorageException {
        for (var each : pages.entrySet()) {
            file.write(each.getKey(), MemorySegment.ofArray(each.getValue()));
        }
        file.flush();
        pages = new TreeMap<>();
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        NavigableMap<Long, byte[]> shown = pages;
        file.read(offset, target);
        if (!shown.isEmpty()) {
            long end = offset + target.byteSize();
            for (var each :
                    shown.subMap(offset - LogEntry.SECTOR, false, end, false).entrySet()) {
                long place = each.getKey();
                long from = Math.max(place, offset);
                long length = Math.min(place + LogEntry.SECTOR, end) - from;
                MemorySegment.copy(MemorySegment.ofArray(each.getValue()), from - place, target, from - offset, length);
            }
        }
    }

    @Override
    public Extent extent(long offset, long bytes) throws StorageException {
        if (pages.isEmpty()) {
            return MappedStorage.extent(file, offset, bytes);
        }
        StorageException.checkRange(offset, bytes, file.capacityBytes());
        return new Extent(offset, bytes, Extent.Kind.DATA);
    }

    @Override
    public long capacityBytes() {
        return file.capacityBytes();
    }

    @Override
    public boolean isWritable() {
        return file.isWritable();
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        file.write(offset, source);
    }

    @Override
    public void flush() throws StorageException {
        file.flush();
    }

    @Override
    public void discard(long offset, long bytes) throws StorageException {
        file.discard(offset, bytes);
    }

    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        file.zero(offset, bytes, mayDiscard);
    }

    @Override
    public void resize(long capacityBytes) throws StorageException {
        file.resize(capacityBytes);
    }
}
