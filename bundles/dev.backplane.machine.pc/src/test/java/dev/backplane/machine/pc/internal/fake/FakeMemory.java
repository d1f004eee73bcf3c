package dev.backplane.machine.pc.internal.fake;

import dev.backplane.api.memory.GuestAddressException;
import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.memory.Lease;
import dev.backplane.api.memory.RamRange;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** RAM of a few ranges, in the heap. */
public final class FakeMemory implements GuestMemory {
    private final List<RamRange> ranges;
    private final List<MemorySegment> segments;
    private int openLeases;

    public FakeMemory(List<RamRange> ranges) {
        this.ranges = ranges;
        segments = ranges.stream()
                .map(range -> MemorySegment.ofArray(new byte[Math.toIntExact(range.length())]))
                .toList();
    }

    /** How many leases have not been closed. */
    public int openLeases() {
        return openLeases;
    }

    @Override
    public boolean contains(long gpa, long length) {
        return find(gpa, length) >= 0;
    }

    @Override
    public Lease read(long gpa, long length) {
        MemorySegment part = slice(gpa, length).asReadOnly();
        return lease(part);
    }

    @Override
    public Lease write(long gpa, long length) {
        return lease(slice(gpa, length));
    }

    @Override
    public void release(long gpa, long length) {
        slice(gpa, length).fill((byte) 0);
    }

    /** A copy of some bytes. */
    public byte[] bytes(long gpa, int length) {
        return slice(gpa, length).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    }

    /** A little-endian number of 32 bits. */
    public int u32(long gpa) {
        return java.nio.ByteBuffer.wrap(bytes(gpa, 4))
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .getInt();
    }

    /** A little-endian number of 64 bits. */
    public long u64(long gpa) {
        return java.nio.ByteBuffer.wrap(bytes(gpa, 8))
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .getLong();
    }

    private Lease lease(MemorySegment part) {
        openLeases++;
        return new Lease() {
            @Override
            public MemorySegment segment() {
                return part;
            }

            @Override
            public void close() {
                openLeases--;
            }
        };
    }

    private MemorySegment slice(long gpa, long length) {
        int found = find(gpa, length);
        if (found < 0) {
            throw new GuestAddressException(gpa, length);
        }
        return segments.get(found).asSlice(gpa - ranges.get(found).gpa(), length);
    }

    private int find(long gpa, long length) {
        for (int i = 0; i < ranges.size(); i++) {
            RamRange range = ranges.get(i);
            if (gpa >= range.gpa() && length >= 0 && gpa - range.gpa() <= range.length() - length) {
                return i;
            }
        }
        return -1;
    }
}
