package dev.backplane.x86.mmu;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Registers;

/**
 * The breakpoints in DR0 to DR3 (SDM volume 3, 19.2). While one is enabled the engine executes instruction by instruction, and
 * pages with data breakpoints have no TLB entries, so that every access to them comes by here.
 */
public final class Watchpoints {
    private static final int EXECUTE = 0;
    private static final int WRITE = 1;
    private static final int PORT = 2;
    private static final int[] LENGTHS = {1, 2, 8, 4};

    private final Registers c;

    Watchpoints(Registers c) {
        this.c = c;
    }

    /** Whether DR7 enables any breakpoint. */
    boolean any() {
        return (c.dr[7] & 0xFF) != 0;
    }

    /** Bits of DR6 for the instruction breakpoints at a linear address. */
    public int instruction(long linear) {
        int hits = 0;
        for (int n = 0; n < 4; n++) {
            if (enabled(n) && kind(n) == EXECUTE && linear == c.dr[n]) {
                hits |= 1 << n;
            }
        }
        return hits;
    }

    /** Notes the breakpoints that an access to memory meets: they trap after the instruction. */
    void access(long linear, int size, boolean write) {
        for (int n = 0; n < 4; n++) {
            int kind = kind(n);
            if (enabled(n) && (kind & WRITE) != 0 && (write || kind != WRITE) && overlaps(n, linear, size)) {
                c.watchHits |= 1 << n;
            }
        }
    }

    /** The same for an access to ports. */
    public void port(int port, int size) {
        for (int n = 0; n < 4; n++) {
            if (enabled(n) && kind(n) == PORT && (c.cr4 & Bits.CR4_DE) != 0 && overlaps(n, port, size)) {
                c.watchHits |= 1 << n;
            }
        }
    }

    /** Whether a page has a data breakpoint. */
    boolean watches(long page) {
        for (int n = 0; n < 4; n++) {
            if (enabled(n) && (kind(n) & WRITE) != 0 && ((c.dr[n] ^ page) & -GuestRam.PAGE_BYTES) == 0) {
                return true;
            }
        }
        return false;
    }

    private boolean enabled(int n) {
        return (c.dr[7] >>> 2 * n & 3) != 0;
    }

    private int kind(int n) {
        return (int) (c.dr[7] >>> 16 + 4 * n) & 3;
    }

    private boolean overlaps(int n, long address, int size) {
        int length = LENGTHS[(int) (c.dr[7] >>> 18 + 4 * n) & 3];
        long from = c.dr[n] & -length;
        return address < from + length && from < address + size;
    }
}
