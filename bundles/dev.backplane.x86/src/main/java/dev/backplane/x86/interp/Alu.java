package dev.backplane.x86.interp;

import dev.backplane.x86.state.Cpu;

/**
 * The arithmetic of the two-operand instructions with their flags. Operands and results are sign-extended from their size;
 * {@code unused} is the number of bits above it: a constant where these are inlined.
 */
final class Alu {
    static final int ADD = 0;
    static final int OR = 1;
    static final int ADC = 2;
    static final int SBB = 3;
    static final int AND = 4;
    static final int SUB = 5;
    static final int XOR = 6;
    static final int CMP = 7;

    private Alu() {}

    static long add(Cpu c, long a, long b, int unused) {
        long result = a + b << unused >> unused;
        c.arithmeticFlags(a, b, result, Long.compareUnsigned(result, a) < 0 ? 1 : 0);
        return result;
    }

    static long adc(Cpu c, long a, long b, int unused) {
        int carry = c.flagCarry & 1;
        long result = a + b + carry << unused >> unused;
        c.arithmeticFlags(a, b, result, (int) ((a & b | (a | b) & ~result) >>> 63));
        return result;
    }

    static long sub(Cpu c, long a, long b, int unused) {
        long result = a - b << unused >> unused;
        c.arithmeticFlags(a, b, result, Long.compareUnsigned(a, b) < 0 ? 1 : 0);
        return result;
    }

    static long sbb(Cpu c, long a, long b, int unused) {
        int carry = c.flagCarry & 1;
        long result = a - b - carry << unused >> unused;
        c.arithmeticFlags(a, b, result, (int) ((~a & b | (~a | b) & result) >>> 63));
        return result;
    }

    static long and(Cpu c, long a, long b, int unused) {
        long result = a & b;
        c.logicFlags(result);
        return result;
    }

    static long or(Cpu c, long a, long b, int unused) {
        long result = a | b;
        c.logicFlags(result);
        return result;
    }

    static long xor(Cpu c, long a, long b, int unused) {
        long result = a ^ b;
        c.logicFlags(result);
        return result;
    }

    static long inc(Cpu c, long a, int unused) {
        long result = a + 1 << unused >> unused;
        keepCarry(c, a, 1, result, result == 0);
        return result;
    }

    static long dec(Cpu c, long a, int unused) {
        long result = a - 1 << unused >> unused;
        keepCarry(c, a, 1, result, a == 0);
        return result;
    }

    /** Flags of INC and DEC: CF stays, and OF, which is told from CF and the carry into the sign, is that of the operation. */
    private static void keepCarry(Cpu c, long a, long b, long result, boolean out) {
        int carry = c.flagCarry & 1;
        c.flagResult = result;
        c.flagCarries = a ^ b ^ result ^ (long) (carry ^ (out ? 1 : 0)) << 63;
        c.flagCarry = carry;
    }

    /** Any of the eight, for the forms that have no class of their own. CMP gives the left operand back. */
    static long apply(int operation, Cpu c, long a, long b, int unused) {
        return switch (operation) {
            case ADD -> add(c, a, b, unused);
            case OR -> or(c, a, b, unused);
            case ADC -> adc(c, a, b, unused);
            case SBB -> sbb(c, a, b, unused);
            case AND -> and(c, a, b, unused);
            case SUB -> sub(c, a, b, unused);
            case XOR -> xor(c, a, b, unused);
            default -> {
                sub(c, a, b, unused);
                yield a;
            }
        };
    }
}
