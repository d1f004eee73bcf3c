package dev.backplane.filter.copyonread.internal;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** An image over a base, with clusters of 4 KiB, which can be told to fail and whose requests can be met by a test. */
final class Overlay implements ResizableStorage, MappedStorage {
    static final int CLUSTER = 4096;

    /** What a test does when a request arrives. */
    @FunctionalInterface
    interface Hook {
        void meet(String what, long offset, long bytes) throws StorageException;
    }

    volatile @Nullable Hook hook;
    volatile boolean writable = true;
    private final byte[] base;
    private byte[] bytes;
    private final BitSet own = new BitSet();

    Overlay(byte[] base) {
        this.base = base;
        bytes = new byte[base.length];
    }

    private void meet(String what, long offset, long length) throws StorageException {
        Hook met = hook;
        if (met != null) {
            met.meet(what, offset, length);
        }
        StorageException.checkRange(offset, length, capacityBytes());
    }

    synchronized boolean hasAll() {
        return own.cardinality() == (bytes.length + CLUSTER - 1) / CLUSTER;
    }

    synchronized boolean has(long offset) {
        return own.get((int) (offset / CLUSTER));
    }

    @Override
    public synchronized long capacityBytes() {
        return bytes.length;
    }

    @Override
    public boolean isWritable() {
        return writable;
    }

    private byte at(int offset) {
        return own.get(offset / CLUSTER) ? bytes[offset] : offset < base.length ? base[offset] : 0;
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        meet("read", offset, target.byteSize());
        synchronized (this) {
            for (int i = 0; i < target.byteSize(); i++) {
                target.set(ValueLayout.JAVA_BYTE, i, at((int) offset + i));
            }
        }
        Hook met = hook;
        if (met != null) {
            met.meet("has read", offset, target.byteSize());
        }
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        meet("write", offset, source.byteSize());
        put((int) offset, source.toArray(ValueLayout.JAVA_BYTE));
    }

    private synchronized void put(int offset, byte[] source) {
        for (int i = 0; i < source.length; i++) {
            int cluster = (offset + i) / CLUSTER;
            if (!own.get(cluster)) {
                int begin = cluster * CLUSTER;
                int end = Math.min(bytes.length, begin + CLUSTER);
                byte[] before = new byte[end - begin];
                for (int each = begin; each < end; each++) {
                    before[each - begin] = at(each);
                }
                System.arraycopy(before, 0, bytes, begin, before.length);
                own.set(cluster);
            }
            bytes[offset + i] = source[i];
        }
    }

    @Override
    public void flush() throws StorageException {
        meet("flush", 0, 0);
    }

    @Override
    public void discard(long offset, long length) throws StorageException {
        zero(offset, length, true);
    }

    @Override
    public void zero(long offset, long length, boolean mayDiscard) throws StorageException {
        meet("zero", offset, length);
        put((int) offset, new byte[(int) length]);
    }

    @Override
    public synchronized void resize(long capacityBytes) throws StorageException {
        if (capacityBytes > 1 << 24) {
            throw new StorageException(Kind.NO_SPACE, "too long");
        }
        bytes = Arrays.copyOf(bytes, (int) capacityBytes);
        own.clear((int) (capacityBytes + CLUSTER - 1) / CLUSTER, Math.max(own.length(), 1 << 12));
    }

    @Override
    public Extent extent(long offset, long length) throws StorageException {
        meet("extent", offset, length);
        synchronized (this) {
            int cluster = (int) (offset / CLUSTER);
            boolean isOwn = own.get(cluster);
            int next = isOwn ? own.nextClearBit(cluster) : own.nextSetBit(cluster);
            long end = next < 0 ? offset + length : Math.min(offset + length, (long) next * CLUSTER);
            return new Extent(offset, end - offset, isOwn ? Extent.Kind.DATA : Extent.Kind.ABSENT);
        }
    }
}
