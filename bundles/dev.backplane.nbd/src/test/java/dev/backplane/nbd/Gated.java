package dev.backplane.nbd;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.testkit.MemoryStorage;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CountDownLatch;

/** A disk some of whose reads, those of its first sector, are only answered when the test says so. */
record Gated(MemoryStorage below, CountDownLatch asked, CountDownLatch gate) implements Storage {
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
        if (offset < 512) {
            asked.countDown();
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
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
    public void zero(long offset, long bytes, boolean mayDiscard) {
        throw new IllegalStateException("a fault of the storage");
    }
}
