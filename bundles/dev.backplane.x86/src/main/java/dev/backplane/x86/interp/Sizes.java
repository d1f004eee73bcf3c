package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Cpu;

/** Operands of 1, 2, 4 and 8 bytes in 64-bit values and registers. */
final class Sizes {
    private Sizes() {}

    static long signed(long value, int bytes) {
        int unused = 64 - (bytes << 3);
        return value << unused >> unused;
    }

    static long unsigned(long value, int bytes) {
        int unused = 64 - (bytes << 3);
        return value << unused >>> unused;
    }

    /** Puts a value into the low bytes of a register, by the rules of its size: 4 bytes clear the rest, 1 and 2 leave it. */
    static long merge(long register, long value, int bytes) {
        return switch (bytes) {
            case 1 -> register & ~0xFFL | value & 0xFF;
            case 2 -> register & ~0xFFFFL | value & 0xFFFF;
            case 4 -> value & 0xFFFFFFFFL;
            default -> value;
        };
    }

    /** Index of the register that holds register operand {@code n}, which for AH, CH, DH and BH is the one below. */
    static int index(Insn i, int n, int bytes) {
        return bytes == 1 && i.highByte(n) ? n - 4 : n;
    }

    /** Where in the register operand {@code n} begins: 8 for AH, CH, DH and BH. */
    static int shift(Insn i, int n, int bytes) {
        return bytes == 1 && i.highByte(n) ? 8 : 0;
    }

    /** A register operand, zero-extended. */
    static long get(Cpu c, int index, int shift, int bytes) {
        return unsigned(c.r[index] >>> shift, bytes);
    }

    /** Writes a register operand. */
    static void set(Cpu c, int index, int shift, int bytes, long value) {
        if (shift == 0) {
            c.r[index] = merge(c.r[index], value, bytes);
        } else {
            c.r[index] = c.r[index] & ~0xFF00L | (value & 0xFF) << 8;
        }
    }
}
