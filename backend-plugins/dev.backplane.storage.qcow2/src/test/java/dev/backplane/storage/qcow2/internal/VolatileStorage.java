package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** A file whose writes are lost by a power cut unless they were flushed: any of them, in any order, torn at 512 bytes. */
final class VolatileStorage implements ResizableStorage {
    private static final int SECTOR = 512;

    /** Called before each write and each flush. */
    Runnable moment = () -> {};

    private byte[] now;
    private byte[] stable;
    private final List<Write> unflushed = new ArrayList<>();

    private record Write(long offset, byte[] bytes) {}

    VolatileStorage(byte[] bytes) {
        now = bytes.clone();
        stable = bytes.clone();
    }

    /** What a cut at this moment leaves, one of many. */
    synchronized byte[] cut(Random random) {
        byte[] left = Arrays.copyOf(stable, now.length);
        int lost = random.nextInt(5);
        for (Write write : unflushed) {
            for (int at = 0; at < write.bytes.length; ) {
                int from = (int) write.offset + at;
                int length = Math.min(SECTOR - from % SECTOR, write.bytes.length - at);
                if (random.nextInt(4) >= lost) {
                    System.arraycopy(write.bytes, at, left, from, length);
                }
                at += length;
            }
        }
        return left;
    }

    @Override
    public synchronized long capacityBytes() {
        return now.length;
    }

    @Override
    public boolean isWritable() {
        return true;
    }

    @Override
    public synchronized void resize(long capacityBytes) {
        now = Arrays.copyOf(now, (int) capacityBytes);
    }

    @Override
    public synchronized void read(long offset, MemorySegment target) throws StorageException {
        StorageException.checkRange(offset, target.byteSize(), now.length);
        MemorySegment.copy(MemorySegment.ofArray(now), offset, target, 0, target.byteSize());
    }

    @Override
    public synchronized void write(long offset, MemorySegment source) throws StorageException {
        moment.run();
        StorageException.checkRange(offset, source.byteSize(), now.length);
        byte[] bytes = source.toArray(ValueLayout.JAVA_BYTE);
        System.arraycopy(bytes, 0, now, (int) offset, bytes.length);
        unflushed.add(new Write(offset, bytes));
    }

    @Override
    public synchronized void flush() {
        moment.run();
        stable = now.clone();
        unflushed.clear();
    }

    @Override
    public void discard(long offset, long bytes) {}

    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        write(offset, MemorySegment.ofArray(new byte[(int) bytes]));
    }
}
