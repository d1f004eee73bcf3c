package dev.backplane.x86.system;

import dev.backplane.x86.state.Cpu;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/** x87, SSE and AVX registers in the standard form of XSAVE (SDM 1, 13.4), as a saved state carries them. */
final class ExtendedState {
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The legacy area and the header. */
    static final int BYTES = 576;

    /** Where the upper halves of the YMM registers begin and end, for those that have any. */
    private static final int YMM = BYTES;

    private static final int BYTES_WITH_AVX = YMM + 256;

    private static final int ST = 32;
    private static final int XMM = 160;
    private static final int PRESENT = 512;
    private static final int X87 = 1;
    private static final int SSE = 2;
    private static final int AVX = 4;
    private static final int TOP_SHIFT = 11;
    private static final int MXCSR_RESET = 0x1f80;

    private ExtendedState() {}

    static byte[] save(Cpu c) {
        boolean avx = usesAvx(c);
        byte[] area = new byte[avx ? BYTES_WITH_AVX : BYTES];
        MemorySegment to = MemorySegment.ofArray(area);
        to.set(U16, 0, (short) c.fpu.control);
        to.set(U16, 2, (short) c.fpu.status);
        to.set(U16, 4, (short) c.fpu.valid);
        to.set(U16, 6, (short) c.fpu.opcode);
        to.set(U64, 8, c.fpu.instructionPointer);
        to.set(U64, 16, c.fpu.dataPointer);
        to.set(U32, 24, c.mxcsr);
        to.set(U32, 28, 0xffff);
        int top = c.fpu.status >>> TOP_SHIFT & 7;
        for (int i = 0; i < 8; i++) {
            int register = top + i & 7;
            to.set(U64, ST + 16L * i, c.fpu.significand[register]);
            to.set(U16, ST + 16L * i + 8, (short) c.fpu.signExponent[register]);
        }
        for (int i = 0; i < 32; i++) {
            to.set(U64, XMM + 8L * i, c.xmm[i]);
        }
        if (avx) {
            for (int i = 0; i < 32; i++) {
                to.set(U64, YMM + 8L * i, c.ymm[i]);
            }
        }
        to.set(U64, PRESENT, X87 | SSE | (avx ? AVX : 0));
        return area;
    }

    private static boolean usesAvx(Cpu c) {
        boolean used = false;
        for (long quadword : c.ymm) {
            used |= quadword != 0;
        }
        return used || (c.xcr0 & AVX) != 0;
    }

    /** Whether an area is long enough for what it says that it holds. */
    static boolean isWhole(byte[] area) {
        return area.length >= BYTES && ((area[PRESENT] & AVX) == 0 || area.length >= BYTES_WITH_AVX);
    }

    /** Loads an area of at least {@link #BYTES} bytes; a component that is not in it becomes as after FNINIT or a reset. */
    static void load(Cpu c, byte[] area) {
        MemorySegment from = MemorySegment.ofArray(area);
        long present = from.get(U64, PRESENT);
        if ((present & X87) != 0) {
            c.fpu.loadControl(from.get(U16, 0));
            c.fpu.loadStatus(from.get(U16, 2));
            c.fpu.valid = from.get(U16, 4) & 0xff;
            c.fpu.opcode = from.get(U16, 6) & 0x7ff;
            c.fpu.instructionPointer = from.get(U64, 8);
            c.fpu.dataPointer = from.get(U64, 16);
            int top = c.fpu.status >>> TOP_SHIFT & 7;
            for (int i = 0; i < 8; i++) {
                int register = top + i & 7;
                c.fpu.significand[register] = from.get(U64, ST + 16L * i);
                c.fpu.signExponent[register] = from.get(U16, ST + 16L * i + 8) & 0xffff;
            }
        } else {
            c.fpu.reset();
        }
        if ((present & SSE) != 0) {
            for (int i = 0; i < 32; i++) {
                c.xmm[i] = from.get(U64, XMM + 8L * i);
            }
        } else {
            Arrays.fill(c.xmm, 0);
        }
        for (int i = 0; i < 32; i++) {
            c.ymm[i] = (present & AVX) != 0 ? from.get(U64, YMM + 8L * i) : 0;
        }
        c.mxcsr = (present & (X87 | SSE)) != 0 ? from.get(U32, 24) & 0xffff : MXCSR_RESET;
    }
}
