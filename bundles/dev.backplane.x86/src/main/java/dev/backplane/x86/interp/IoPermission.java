package dev.backplane.x86.interp;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;

/** Who may access ports (SDM volume 1, 19.5). */
final class IoPermission {
    /** Offset of the I/O map base in a 32-bit or 64-bit TSS. */
    private static final int MAP_BASE = 0x66;
    /** Type field of a 32-bit or 64-bit TSS, whatever its busy bit. */
    private static final int TSS = 9;

    private IoPermission() {}

    /** To be called before each access to a port. #GP(0) unless the program may access {@code size} ports from {@code port} on. */
    static void check(Cpu c, int port, int size) {
        if (c.debugging) {
            c.mmu.watchpoints().port(port, size);
        }
        if ((c.cr0 & Bits.CR0_PE) == 0 || c.protectedMode() && c.cpl <= c.iopl()) {
            return;
        }
        long limit = c.segmentLimit[Seg.TR];
        long base = c.segmentBase[Seg.TR];
        if ((c.segmentAttributes[Seg.TR] & 0xD) == TSS && limit >= MAP_BASE + 1) {
            long at = c.sysLoad16(base + MAP_BASE) + (port >>> 3);
            if (at + 1 <= limit) {
                long bits = c.sysLoad16(base + at) >>> (port & 7);
                if ((bits & (1L << size) - 1) == 0) {
                    return;
                }
            }
        }
        throw c.fault(Vector.GP, 0);
    }
}
