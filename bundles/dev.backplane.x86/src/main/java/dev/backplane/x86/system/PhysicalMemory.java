package dev.backplane.x86.system;

import dev.backplane.x86.mmu.GuestRam;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Reads of guest-physical memory by the processor itself. */
final class PhysicalMemory {
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private PhysicalMemory() {}

    /** Eight bytes of RAM, or zero where there is none. */
    static long read64(GuestRam ram, long address) {
        long offset = ram.offset(address);
        return offset < 0 ? 0 : ram.bytes().get(U64, offset);
    }
}
