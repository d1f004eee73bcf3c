package dev.backplane.cpu.bt.internal.run;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * What a user-mode instruction can read and write: general registers, arithmetic flags, the FXSAVE image and two pages of
 * memory. Mutable and reusable, so that a test can run millions of cases without garbage; not thread-safe.
 *
 * <p>The memory page is seen by the instruction at {@link NativeOracle#memoryAddress()}: put that address (plus an
 * offset) in a register and use the register as the operand's base.
 */
final class OracleState {
    /** CF, PF, AF, ZF, SF, DF and OF: the flags that a state carries. Others are those of the host process. */
    public static final long FLAGS = 0xCD5;

    /** Bytes of scratch memory. */
    public static final int MEMORY_BYTES = 8192;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORTS =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    /** rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15. rsp is ignored on input; on output it is the change in rsp. */
    public final long[] gpr = new long[16];

    /** The arithmetic flags, within {@link #FLAGS}. */
    public long rflags;

    /** The FXSAVE64 image (SDM volume 1, table 10-2): 512 bytes. */
    public final byte[] fx = new byte[512];

    /** The upper halves of YMM0 to YMM15, the low quadword first. */
    public final long[] ymm = new long[32];

    /** The scratch page. */
    public final byte[] memory = new byte[MEMORY_BYTES];

    /** A state with all registers zero and the floating-point units as FNINIT and power-on leave them. */
    public OracleState() {
        fcw(0x37F);
        mxcsr(0x1F80);
    }

    /** Takes over everything from another state. */
    public void copyFrom(OracleState other) {
        System.arraycopy(other.gpr, 0, gpr, 0, gpr.length);
        rflags = other.rflags;
        System.arraycopy(other.fx, 0, fx, 0, fx.length);
        System.arraycopy(other.ymm, 0, ymm, 0, ymm.length);
        System.arraycopy(other.memory, 0, memory, 0, memory.length);
    }

    /** The low 64 bits of an XMM register. */
    public long xmmLow(int index) {
        return (long) LONGS.get(fx, 160 + 16 * index);
    }

    /** The high 64 bits of an XMM register. */
    public long xmmHigh(int index) {
        return (long) LONGS.get(fx, 168 + 16 * index);
    }

    /** Sets an XMM register. */
    public void xmm(int index, long low, long high) {
        LONGS.set(fx, 160 + 16 * index, low);
        LONGS.set(fx, 168 + 16 * index, high);
    }

    /** MXCSR. All six mask bits must be set on input. */
    public int mxcsr() {
        return (int) INTS.get(fx, 24);
    }

    /** Sets MXCSR. */
    public void mxcsr(int value) {
        INTS.set(fx, 24, value);
    }

    /** The x87 control word. */
    public int fcw() {
        return (short) SHORTS.get(fx, 0) & 0xFFFF;
    }

    /** Sets the x87 control word. Exceptions may be unmasked: the stub never waits for one. */
    public void fcw(int value) {
        SHORTS.set(fx, 0, (short) value);
    }

    /** The x87 status word. */
    public int fsw() {
        return (short) SHORTS.get(fx, 2) & 0xFFFF;
    }

    /** Sets the x87 status word. No unmasked exception may be pending in it. */
    public void fsw(int value) {
        SHORTS.set(fx, 2, (short) value);
    }

    /** The abridged tag byte: bit i is set when physical register i is not empty. */
    public int ftw() {
        return fx[4] & 0xFF;
    }

    /** Sets the abridged tag byte. */
    public void ftw(int value) {
        fx[4] = (byte) value;
    }

    /** The significand of ST(index), or the value of MMX register (index + TOP) mod 8. */
    public long stMantissa(int index) {
        return (long) LONGS.get(fx, 32 + 16 * index);
    }

    /** Sign (bit 15) and biased exponent of ST(index). */
    public int stSignExponent(int index) {
        return (short) SHORTS.get(fx, 40 + 16 * index) & 0xFFFF;
    }

    /** Sets ST(index), without touching its tag. */
    public void st(int index, long mantissa, int signExponent) {
        LONGS.set(fx, 32 + 16 * index, mantissa);
        LONGS.set(fx, 40 + 16 * index, signExponent & 0xFFFFL);
    }

    /** A little-endian quadword of the scratch memory. */
    public long memoryLong(int offset) {
        return (long) LONGS.get(memory, offset);
    }

    /** Stores a little-endian quadword into the scratch memory. */
    public void memoryLong(int offset, long value) {
        LONGS.set(memory, offset, value);
    }

    /** Whether everything in the other state is the same. */
    public boolean sameAs(OracleState other) {
        return rflags == other.rflags
                && Arrays.equals(gpr, other.gpr)
                && Arrays.equals(fx, other.fx)
                && Arrays.equals(ymm, other.ymm)
                && Arrays.equals(memory, other.memory);
    }

    /** What is not zero, as text, for the message of a failed comparison. */
    @Override
    public String toString() {
        var text = new StringBuilder(
                "rflags=%x fcw=%04x fsw=%04x ftw=%02x mxcsr=%08x".formatted(rflags, fcw(), fsw(), ftw(), mxcsr()));
        for (int i = 0; i < 16; i++) {
            if (gpr[i] != 0) {
                text.append(" r%d=%016x".formatted(i, gpr[i]));
            }
        }
        text.append('\n');
        for (int i = 0; i < 8; i++) {
            if (stMantissa(i) != 0 || stSignExponent(i) != 0) {
                text.append(" st%d=%04x:%016x".formatted(i, stSignExponent(i), stMantissa(i)));
            }
        }
        for (int i = 0; i < 16; i++) {
            if (xmmLow(i) != 0 || xmmHigh(i) != 0) {
                text.append(" xmm%d=%016x_%016x".formatted(i, xmmHigh(i), xmmLow(i)));
            }
        }
        for (int i = 0; i < MEMORY_BYTES; i += 32) {
            byte[] line = Arrays.copyOfRange(memory, i, i + 32);
            if (!Arrays.equals(line, new byte[32])) {
                text.append("%nmemory+%x: %s".formatted(i, HexFormat.of().formatHex(line)));
            }
        }
        return text.toString();
    }
}
