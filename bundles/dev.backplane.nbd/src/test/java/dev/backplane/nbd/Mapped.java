package dev.backplane.nbd;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.testkit.MemoryStorage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.OptionalLong;

/** A disk that knows its sectors: those of zeros are absent or, where their number is a multiple of 64, kept zeros. */
record Mapped(MemoryStorage below) implements MappedStorage {
    private static final int SECTOR = 4096;

    @Override
    public Extent extent(long offset, long bytes) throws StorageException {
        StorageException.checkRange(offset, bytes, capacityBytes());
        long sector = offset / SECTOR;
        long count = Math.min(bytes, (sector + 1) * SECTOR - offset);
        MemorySegment there =
                below.bytes().asSlice(sector * SECTOR, Math.min(SECTOR, capacityBytes() - sector * SECTOR));
        boolean zero = true;
        for (byte each : there.toArray(ValueLayout.JAVA_BYTE)) {
            zero &= each == 0;
        }
        if (!zero) {
            return new Extent(offset, count, Extent.Kind.DATA);
        }
        return sector % 64 == 0
                ? new Extent(offset, count, Extent.Kind.ZERO, OptionalLong.of(offset), false)
                : new Extent(offset, count, Extent.Kind.ABSENT);
    }

    @Override
    public long capacityBytes() {
        return below.capacityBytes();
    }

    @Override
    public boolean isWritable() {
        return true;
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        below.read(offset, target);
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        below.write(offset, source);
    }

    @Override
    public void flush() throws StorageException {
        below.flush();
    }

    @Override
    public void discard(long offset, long bytes) throws StorageException {
        below.discard(offset, bytes);
    }

    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        below.zero(offset, bytes, mayDiscard);
    }
}
