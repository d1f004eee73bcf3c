package dev.backplane.x86.fpu;

import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Vector;

/** The legacy area of FXSAVE and XSAVE (SDM volume 1, 10.5.1): x87 state, MXCSR and XMM registers in 512 bytes. */
final class FxImage {
    static final int BYTES = 512;

    /** MXCSR bits that exist, which the area tells the reader. */
    static final int MXCSR_MASK = 0xFFFF;

    private static final int FTW = 4;
    private static final int FOP = 6;
    private static final int FIP = 8;
    private static final int FDP = 16;
    private static final int MXCSR = 24;
    private static final int ST = 32;
    private static final int XMM = 160;

    private FxImage() {}

    /** Stores the x87 part; with 64-bit pointers, or 32-bit ones beside selectors, which are zeros. */
    static void saveX87(Cpu c, long address, boolean wide) {
        Fpu f = c.fpu;
        c.store32(address, f.control | (long) f.status << 16);
        c.store32(address + FTW, f.valid | (long) f.opcode << 16);
        c.store64(address + FIP, wide ? f.instructionPointer : f.instructionPointer & 0xFFFF_FFFFL);
        c.store64(address + FDP, wide ? f.dataPointer : f.dataPointer & 0xFFFF_FFFFL);
        for (int n = 0; n < 8; n++) {
            c.store64(address + ST + 16 * n, f.significand(n));
            c.store64(address + ST + 16 * n + 8, f.signExponent(n));
        }
    }

    static void saveMxcsr(Cpu c, long address) {
        c.store32(address + MXCSR, c.mxcsr & 0xFFFF_FFFFL);
        c.store32(address + MXCSR + 4, MXCSR_MASK);
    }

    /** Stores the XMM registers: all sixteen in 64-bit mode, else eight. */
    static void saveXmm(Cpu c, long address) {
        int halves = c.long64 ? 32 : 16;
        for (int n = 0; n < halves; n++) {
            c.store64(address + XMM + 8 * n, c.xmm[n]);
        }
    }

    static void loadX87(Cpu c, long address, boolean wide) {
        Fpu f = c.fpu;
        f.loadControl((int) c.load16(address));
        f.loadStatus((int) c.load16(address + 2));
        f.valid = (int) c.load8(address + FTW);
        f.opcode = (int) c.load16(address + FOP) & 0x7FF;
        f.instructionPointer = wide ? c.load64(address + FIP) : c.load32(address + FIP);
        f.dataPointer = wide ? c.load64(address + FDP) : c.load32(address + FDP);
        for (int n = 0; n < 8; n++) {
            f.restore(n, c.load64(address + ST + 16 * n), (int) c.load16(address + ST + 16 * n + 8));
        }
    }

    /** The area's MXCSR; bits that do not exist are #GP(0). */
    static int mxcsr(Cpu c, long address) {
        int value = (int) c.load32(address + MXCSR);
        if ((value & ~MXCSR_MASK) != 0) {
            throw c.fault(Vector.GP, 0);
        }
        return value;
    }

    static void loadXmm(Cpu c, long address) {
        int halves = c.long64 ? 32 : 16;
        for (int n = 0; n < halves; n++) {
            c.xmm[n] = c.load64(address + XMM + 8 * n);
        }
    }

    /** Stores the upper halves of the YMM registers that the mode has, as XSAVE does at an address. */
    static void saveYmm(Cpu c, long address) {
        int halves = c.long64 ? 32 : 16;
        for (int n = 0; n < halves; n++) {
            c.store64(address + 8 * n, c.ymm[n]);
        }
    }

    static void loadYmm(Cpu c, long address) {
        int halves = c.long64 ? 32 : 16;
        for (int n = 0; n < halves; n++) {
            c.ymm[n] = c.load64(address + 8 * n);
        }
    }
}
