package dev.backplane.x86.oracle;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * What a user-mode instruction can read and write, before a case and after it: after it, with the exception that ended it.
 * Mutable and reusable.
 */
final class OracleState {
    /** CF, PF, AF, ZF, SF, DF and OF. */
    static final long FLAGS = 0xCD5;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORTS =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    /** The bytes of the FXSAVE image that mean something. */
    static final int FX_BYTES = 416;

    /** rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15. */
    final long[] gpr = new long[16];

    long rip;
    long rflags;
    int cs;
    int ss;
    /** DS, ES, FS, GS. */
    final int[] segments = new int[4];

    /** The FXSAVE64 image (SDM volume 1, table 10-2). */
    final byte[] fx = new byte[512];

    /** The upper halves of YMM0 to YMM15, the low quadword first. */
    final long[] ymm = new long[32];

    /** The window in the pages of data. */
    final byte[] memory = new byte[SiliconLayout.WINDOW_BYTES];

    // How a case ended.
    int vector;
    long error;
    long cr2;

    /** Before a case: data segments are loaded or their bases changed. */
    boolean changesSegments;

    OracleState() {
        fcw(0x37F);
        mxcsr(0x1F80);
        INTS.set(fx, 28, 0xFFFF);
    }

    long xmmLow(int index) {
        return (long) LONGS.get(fx, 160 + 16 * index);
    }

    long xmmHigh(int index) {
        return (long) LONGS.get(fx, 168 + 16 * index);
    }

    void xmm(int index, long low, long high) {
        LONGS.set(fx, 160 + 16 * index, low);
        LONGS.set(fx, 168 + 16 * index, high);
    }

    int mxcsr() {
        return (int) INTS.get(fx, 24);
    }

    void mxcsr(int value) {
        INTS.set(fx, 24, value);
    }

    int fcw() {
        return (short) SHORTS.get(fx, 0) & 0xFFFF;
    }

    void fcw(int value) {
        SHORTS.set(fx, 0, (short) value);
    }

    int fsw() {
        return (short) SHORTS.get(fx, 2) & 0xFFFF;
    }

    void fsw(int value) {
        SHORTS.set(fx, 2, (short) value);
    }

    /** The abridged tag byte: bit i is set when physical register i is not empty. */
    int ftw() {
        return fx[4] & 0xFF;
    }

    void ftw(int value) {
        fx[4] = (byte) value;
    }

    int fop() {
        return (short) SHORTS.get(fx, 6) & 0xFFFF;
    }

    void fop(int value) {
        SHORTS.set(fx, 6, (short) value);
    }

    long fip() {
        return (long) LONGS.get(fx, 8);
    }

    void fip(long value) {
        LONGS.set(fx, 8, value);
    }

    long fdp() {
        return (long) LONGS.get(fx, 16);
    }

    void fdp(long value) {
        LONGS.set(fx, 16, value);
    }

    /** The significand of ST(index), or the value of MMX register (index + TOP) mod 8. */
    long stMantissa(int index) {
        return (long) LONGS.get(fx, 32 + 16 * index);
    }

    /** Sign (bit 15) and biased exponent of ST(index). */
    int stSignExponent(int index) {
        return (short) SHORTS.get(fx, 40 + 16 * index) & 0xFFFF;
    }

    /** Sets ST(index), without touching its tag. */
    void st(int index, long mantissa, int signExponent) {
        LONGS.set(fx, 32 + 16 * index, mantissa);
        LONGS.set(fx, 40 + 16 * index, signExponent & 0xFFFFL);
    }

    long memoryLong(int offset) {
        return (long) LONGS.get(memory, offset);
    }

    void memoryLong(int offset, long value) {
        LONGS.set(memory, offset, value);
    }

    int memoryInt(int offset) {
        return (int) INTS.get(memory, offset);
    }

    void memoryInt(int offset, int value) {
        INTS.set(memory, offset, value);
    }

    /** Takes everything over from another state. */
    void copy(OracleState from) {
        System.arraycopy(from.gpr, 0, gpr, 0, gpr.length);
        System.arraycopy(from.segments, 0, segments, 0, segments.length);
        System.arraycopy(from.fx, 0, fx, 0, fx.length);
        System.arraycopy(from.ymm, 0, ymm, 0, ymm.length);
        System.arraycopy(from.memory, 0, memory, 0, memory.length);
        rip = from.rip;
        rflags = from.rflags;
        cs = from.cs;
        ss = from.ss;
        vector = from.vector;
        error = from.error;
        cr2 = from.cr2;
    }

    /** What differs in another state, a line each; empty if nothing does. */
    String differences(OracleState other) {
        var text = new StringBuilder();
        for (int n = 0; n < 16; n++) {
            difference(text, "r" + n, gpr[n], other.gpr[n]);
        }
        difference(text, "vector", vector, other.vector);
        difference(text, "error", error, other.error);
        difference(text, "cr2", cr2, other.cr2);
        difference(text, "rip", rip, other.rip);
        difference(text, "rflags", rflags, other.rflags);
        difference(text, "cs", cs, other.cs);
        difference(text, "ss", ss, other.ss);
        for (int n = 0; n < 4; n++) {
            difference(text, "ds es fs gs".substring(3 * n, 3 * n + 2), segments[n], other.segments[n]);
        }
        if (!Arrays.equals(fx, 0, FX_BYTES, other.fx, 0, FX_BYTES)) {
            difference(text, "fcw", fcw(), other.fcw());
            difference(text, "fsw", fsw(), other.fsw());
            difference(text, "ftw", ftw(), other.ftw());
            difference(text, "fop", fop(), other.fop());
            difference(text, "fip", fip(), other.fip());
            difference(text, "fdp", fdp(), other.fdp());
            difference(text, "mxcsr", mxcsr(), other.mxcsr());
            for (int n = 0; n < 8; n++) {
                difference(text, "st" + n, stMantissa(n), other.stMantissa(n));
                difference(text, "st" + n + " sign and exponent", stSignExponent(n), other.stSignExponent(n));
            }
            for (int n = 0; n < 16; n++) {
                difference(text, "xmm" + n + " low", xmmLow(n), other.xmmLow(n));
                difference(text, "xmm" + n + " high", xmmHigh(n), other.xmmHigh(n));
            }
        }
        for (int n = 0; n < 32; n++) {
            difference(text, "ymm%d quadword %d".formatted(n >> 1, 2 + (n & 1)), ymm[n], other.ymm[n]);
        }
        if (!Arrays.equals(memory, other.memory)) {
            for (int n = 0; n < memory.length; n += 8) {
                difference(text, "memory+%x".formatted(n), memoryLong(n), other.memoryLong(n));
            }
        }
        return text.toString();
    }

    private static void difference(StringBuilder text, String name, long expected, long actual) {
        if (expected != actual) {
            text.append("%n  %s: silicon %x, interpreter %x".formatted(name, expected, actual));
        }
    }

    /** What an instruction may see of it, for the message of a failed comparison. */
    @Override
    public String toString() {
        var text = new StringBuilder("rflags=%x fcw=%04x fsw=%04x ftw=%02x mxcsr=%08x cs=%x"
                .formatted(rflags, fcw(), fsw(), ftw(), mxcsr(), cs));
        for (int i = 0; i < 16; i++) {
            text.append(" r%d=%x".formatted(i, gpr[i]));
        }
        for (int i = 0; i < 8; i++) {
            text.append(" st%d=%04x:%016x".formatted(i, stSignExponent(i), stMantissa(i)));
        }
        for (int i = 0; i < 16; i++) {
            text.append(" xmm%d=%016x_%016x".formatted(i, xmmHigh(i), xmmLow(i)));
        }
        for (int i = 0; i < 16; i++) {
            text.append(" ymm%d=%016x_%016x".formatted(i, ymm[2 * i + 1], ymm[2 * i]));
        }
        return text.toString();
    }

    /** Memory at an offset, for messages. */
    String memory(int offset, int bytes) {
        int from = Math.clamp(offset, 0, memory.length);
        return HexFormat.of().formatHex(memory, from, Math.min(from + bytes, memory.length));
    }
}
