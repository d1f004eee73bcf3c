package dev.backplane.testkit.image;

import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A file whose writes are lost by a power cut unless they were flushed: any of them, in any order, torn at 512 bytes; and so is its growth. What
 * is discarded becomes zeros every other time.
 */
public final class VolatileStorage implements ResizableStorage {
    private static final int SECTOR = 512;

    private final Runnable moment;
    private final List<Write> unflushed = new ArrayList<>();
    private byte[] now;
    private byte[] stable;
    /** What was there behind this is gone, once that is stable. */
    private int shortest;

    private boolean discards;

    /** Whole sectors, as they were behind the write. */
    private record Write(long offset, byte[] bytes) {}

    /**
     * A file.
     *
     * @param bytes what is in it, stable
     * @param moment called before each write, each flush and each change of its length
     */
    public VolatileStorage(byte[] bytes, Runnable moment) {
        now = bytes.clone();
        stable = bytes.clone();
        this.moment = moment;
        shortest = now.length;
    }

    /**
     * What a cut at this moment leaves, one of many.
     *
     * @param random decides
     * @return the bytes of the file
     */
    public synchronized byte[] cut(Random random) {
        byte[] left = Arrays.copyOf(stable, Math.max(stable.length, now.length));
        int end = random.nextBoolean() ? now.length : stable.length;
        if (random.nextBoolean()) {
            forget(left);
        }
        int lost = random.nextInt(5);
        for (Write write : unflushed) {
            for (int at = 0; at < write.bytes.length; ) {
                int from = (int) write.offset + at;
                int length = Math.min(SECTOR, write.bytes.length - at);
                if (random.nextInt(4) >= lost && from + length <= left.length) {
                    System.arraycopy(write.bytes, at, left, from, length);
                    end = Math.max(end, from + length);
                }
                at += length;
            }
        }
        return Arrays.copyOf(left, end);
    }

    private void forget(byte[] bytes) {
        if (shortest < bytes.length) {
            Arrays.fill(bytes, shortest, bytes.length, (byte) 0);
        }
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
        moment.run();
        now = Arrays.copyOf(now, Math.toIntExact(capacityBytes));
        shortest = Math.min(shortest, now.length);
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
        int from = (int) offset / SECTOR * SECTOR;
        int end = Math.min(now.length, ((int) offset + bytes.length + SECTOR - 1) / SECTOR * SECTOR);
        unflushed.add(new Write(from, Arrays.copyOfRange(now, from, end)));
    }

    @Override
    public synchronized void flush() {
        moment.run();
        if (stable.length != now.length) {
            stable = Arrays.copyOf(stable, now.length);
        }
        forget(stable);
        shortest = now.length;
        for (Write write : unflushed) {
            // What was cut off by a change of length is not there any more.
            int length = Math.min(write.bytes.length, stable.length - (int) write.offset);
            if (length > 0) {
                System.arraycopy(now, (int) write.offset, stable, (int) write.offset, length);
            }
        }
        unflushed.clear();
    }

    @Override
    public synchronized void discard(long offset, long bytes) throws StorageException {
        StorageException.checkRange(offset, bytes, now.length);
        discards = !discards;
        if (discards) {
            zero(offset, bytes, true);
        }
    }

    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        write(offset, MemorySegment.ofArray(new byte[(int) bytes]));
    }
}
