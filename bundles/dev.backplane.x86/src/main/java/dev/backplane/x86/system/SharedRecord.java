package dev.backplane.x86.system;

import dev.backplane.x86.mmu.GuestRam;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A record in guest RAM that the host writes and guests read by the version protocol: while it changes, the version is odd.
 * Written on the vCPU's thread or while it does not run.
 */
final class SharedRecord {
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final GuestRam ram;
    private final MemorySegment bytes;
    private final int versionAt;
    private long start = -1;
    private int length;

    SharedRecord(GuestRam ram, int versionAt) {
        this.ram = ram;
        this.bytes = ram.bytes();
        this.versionAt = versionAt;
    }

    /** Chooses where it lies; returns whether that is RAM, all of it, and aligned for the version. */
    boolean place(long gpa, int recordBytes) {
        long offset = ram.offset(gpa);
        boolean good = (gpa & 3) == 0 && offset >= 0 && ram.offset(gpa + recordBytes - 1) == offset + recordBytes - 1;
        start = good ? offset : -1;
        length = recordBytes;
        return good;
    }

    boolean isPlaced() {
        return start >= 0;
    }

    void begin() {
        int version = bytes.get(U32, start + versionAt);
        bytes.set(U32, start + versionAt, (version | 1) == version ? version + 2 : version + 1);
        VarHandle.fullFence();
    }

    void end() {
        VarHandle.releaseFence();
        bytes.set(U32, start + versionAt, bytes.get(U32, start + versionAt) + 1);
        for (long page = start & -GuestRam.PAGE_BYTES; page < start + length; page += GuestRam.PAGE_BYTES) {
            ram.markDirty(page);
        }
        ram.written(start, length);
    }

    void put8(int at, int value) {
        bytes.set(ValueLayout.JAVA_BYTE, start + at, (byte) value);
    }

    void put32(int at, int value) {
        bytes.set(U32, start + at, value);
    }

    void put64(int at, long value) {
        bytes.set(U64, start + at, value);
    }
}
