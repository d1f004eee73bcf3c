package dev.backplane.x86.mmu;

import dev.backplane.x86.state.Bits;
import java.util.function.LongUnaryOperator;

/**
 * Translates addresses for people and debuggers: as the processor does (SDM volume 3, chapter 4), but without regard to rights and
 * without a trace in the tables.
 *
 * @param cr0 control register 0
 * @param cr3 control register 3
 * @param cr4 control register 4
 * @param efer IA32_EFER
 */
public record PageTables(long cr0, long cr3, long cr4, long efer) {
    private static final int P = 1;
    private static final int PS = 1 << 7;
    private static final long ADDRESS = 0x000FFFFFFFFFF000L;

    /**
     * Translates an address.
     *
     * @param linear the linear address
     * @param memory gives the eight bytes at a guest-physical address that is a multiple of 8; 0 where there is no RAM
     * @return the guest-physical address, or -1 where nothing is mapped
     */
    public long translate(long linear, LongUnaryOperator memory) {
        if ((cr0 & Bits.CR0_PG) == 0) {
            return linear & 0xFFFFFFFFL;
        }
        if ((efer & Bits.EFER_LMA) != 0) {
            int top = (cr4 & Bits.CR4_LA57) != 0 ? 48 : 39;
            int unused = 64 - (top + 9);
            return linear << unused >> unused == linear ? walk(cr3 & ADDRESS, top, linear, memory) : -1;
        }
        long address = linear & 0xFFFFFFFFL;
        if ((cr4 & Bits.CR4_PAE) != 0) {
            long pointer = memory.applyAsLong((cr3 & 0xFFFFFFE0L) + (address >>> 27 & 0x18));
            return (pointer & P) == 0 ? -1 : walk(pointer & ADDRESS, 21, address, memory);
        }
        return walk32(address, memory);
    }

    private static long walk(long top, int topShift, long linear, LongUnaryOperator memory) {
        long table = top;
        for (int shift = topShift; ; shift -= 9) {
            long entry = memory.applyAsLong(table + (linear >>> shift - 3 & 0xFF8));
            if ((entry & P) == 0) {
                return -1;
            }
            if (shift == 12 || (entry & PS) != 0 && shift <= 30) {
                long offset = (1L << shift) - 1;
                return entry & ADDRESS & ~offset | linear & offset;
            }
            table = entry & ADDRESS;
        }
    }

    private long walk32(long linear, LongUnaryOperator memory) {
        long directory = word((cr3 & 0xFFFFF000L) + (linear >>> 20 & 0xFFC), memory);
        if ((directory & P) == 0) {
            return -1;
        }
        if ((directory & PS) != 0 && (cr4 & Bits.CR4_PSE) != 0) {
            return directory & 0xFFC00000L | (directory >>> 13 & 0xFF) << 32 | linear & 0x3FFFFF;
        }
        long leaf = word((directory & 0xFFFFF000L) + (linear >>> 10 & 0xFFC), memory);
        return (leaf & P) == 0 ? -1 : leaf & 0xFFFFF000L | linear & 0xFFF;
    }

    private static long word(long address, LongUnaryOperator memory) {
        return memory.applyAsLong(address & -8) >>> ((address & 4) << 3) & 0xFFFFFFFFL;
    }
}
