package dev.backplane.testkit;

import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/** A disk in memory, with 1 MiB of zeros at first, which can be told to wait and to fail. */
public final class MemoryStorage implements ResizableStorage {
    private static final int DEFAULT_BYTES = 1 << 20;

    private final AtomicInteger flushes = new AtomicInteger();
    /** A transfer that a change of the length overtakes would be lost with the old bytes. */
    private final ReadWriteLock length = new ReentrantReadWriteLock();

    private volatile MemorySegment bytes = Arena.ofAuto().allocate(DEFAULT_BYTES, 8);
    private volatile boolean writable = true;
    private volatile StorageException.@Nullable Kind failure;
    private volatile boolean resting;
    private @Nullable CountDownLatch arrivals;

    /** Zeros. */
    public MemoryStorage() {}

    /**
     * Its bytes.
     *
     * @return all of them
     */
    public MemorySegment bytes() {
        return bytes;
    }

    /** Any length that memory has room for. */
    @Override
    public void resize(long capacityBytes) {
        length.writeLock().lock();
        try {
            MemorySegment next = Arena.ofAuto().allocate(capacityBytes, 8);
            MemorySegment.copy(bytes, 0, next, 0, Math.min(bytes.byteSize(), capacityBytes));
            bytes = next;
        } finally {
            length.writeLock().unlock();
        }
    }

    /**
     * Whether it can be written.
     *
     * @param now whether it can
     */
    public void writable(boolean now) {
        writable = now;
    }

    /**
     * From now on every request fails.
     *
     * @param kind how; null: none any more
     */
    public void fail(StorageException.@Nullable Kind kind) {
        failure = kind;
    }

    /**
     * From now on every request waits, as if the disk were away.
     *
     * @param counter counts those that wait; null: they go on, and nobody waits any more
     */
    public synchronized void hold(@Nullable CountDownLatch counter) {
        arrivals = counter;
        notifyAll();
    }

    /** While it rests every request fails with {@link StorageException.Kind#AWAY}, as below a layer whose machine is at rest. */
    void rest(boolean now) {
        resting = now;
    }

    private synchronized void arrive() {
        CountDownLatch counter = arrivals;
        if (counter != null) {
            counter.countDown();
        }
        boolean interrupted = false;
        while (arrivals != null) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Flushes so far.
     *
     * @return how many
     */
    public int flushes() {
        return flushes.get();
    }

    @Override
    public long capacityBytes() {
        return bytes.byteSize();
    }

    @Override
    public boolean isWritable() {
        return writable;
    }

    private void check(long offset, long length, boolean write) throws StorageException {
        arrive();
        if (resting) {
            throw new StorageException(StorageException.Kind.AWAY, "it rests, as all does");
        }
        StorageException.Kind kind = failure;
        if (kind != null) {
            throw new StorageException(kind, "told to fail");
        }
        if (write && !writable) {
            throw new StorageException(StorageException.Kind.READ_ONLY, "only to be read");
        }
        StorageException.checkRange(offset, length, capacityBytes());
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        check(offset, target.byteSize(), false);
        MemorySegment.copy(bytes, offset, target, 0, target.byteSize());
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        check(offset, source.byteSize(), true);
        length.readLock().lock();
        try {
            MemorySegment.copy(source, 0, bytes, offset, source.byteSize());
        } finally {
            length.readLock().unlock();
        }
    }

    @Override
    public void flush() throws StorageException {
        check(0, 0, false);
        flushes.incrementAndGet();
    }

    @Override
    public void discard(long offset, long length) throws StorageException {
        zero(offset, length, true);
    }

    @Override
    public void zero(long offset, long bytesToZero, boolean mayDiscard) throws StorageException {
        check(offset, bytesToZero, true);
        length.readLock().lock();
        try {
            bytes.asSlice(offset, bytesToZero).fill((byte) 0);
        } finally {
            length.readLock().unlock();
        }
    }
}
