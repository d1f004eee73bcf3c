package dev.backplane.x86.system;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Vector;

/** MOV from and to the debug registers (SDM 3B, 19.2). The engine obeys the breakpoints in them. */
final class DebugRegisters {
    private static final int DR6_BD = 1 << 13;
    private static final long DR6_FIXED = 0xffff_0ff0L;
    private static final long DR6_WRITABLE = 0xe00f;
    private static final int DR7_GD = 1 << 13;
    private static final long DR7_FIXED = 0x400;
    private static final long DR7_WRITABLE = 0xffff_23ffL;

    private DebugRegisters() {}

    /** The handler of #DB was entered: it may use the registers. */
    static void entered(Cpu c) {
        c.dr[7] &= ~DR7_GD;
    }

    static long read(Cpu c, int number) {
        return c.dr[index(c, number)];
    }

    static void write(Cpu c, int number, long value) {
        int index = index(c, number);
        if (index >= 6 && value >>> 32 != 0) {
            throw c.fault(Vector.GP, 0);
        }
        c.dr[index] = switch (index) {
            case 6 -> value & DR6_WRITABLE | DR6_FIXED;
            case 7 -> value & DR7_WRITABLE | DR7_FIXED;
            default -> value;
        };
        c.modeChanged();
    }

    /** The register that a number means now: 4 and 5 are 6 and 7 unless CR4.DE forbids it; DR7.GD guards all of them. */
    private static int index(Cpu c, int number) {
        if (number > 7 || number >> 1 == 2 && (c.cr4 & Bits.CR4_DE) != 0) {
            throw c.undefined();
        }
        if (c.cpl != 0) {
            throw c.fault(Vector.GP, 0);
        }
        if ((c.dr[7] & DR7_GD) != 0) {
            c.dr[6] |= DR6_BD;
            throw c.fault(Vector.DB, EventDelivery.NO_ERROR_CODE);
        }
        return number >> 1 == 2 ? number + 2 : number;
    }
}
