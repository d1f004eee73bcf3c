package dev.backplane.x86.interp;

import dev.backplane.x86.state.Cpu;

/**
 * Shifts and rotates with their flags. Operands are zero-extended, results need to be cut to their size. Counts are masked
 * and not zero. OF, which is undefined for counts above 1, is what it would be after a shift by 1, as on the processors
 * of today.
 */
final class Shifts {
    static final int ROL = 0;
    static final int ROR = 1;
    static final int RCL = 2;
    static final int RCR = 3;
    static final int SHL = 4;
    static final int SHR = 5;
    static final int SAR = 7;

    private Shifts() {}

    static long shl(Cpu c, long value, int count, int bits) {
        int unused = 64 - bits;
        long result = count >= bits ? 0 : value << count + unused >> unused;
        long carry = count > bits ? 0 : value >>> bits - count & 1;
        c.flagResult = result;
        c.flagCarry = (int) carry;
        overflow(c, value << unused ^ value << unused + 1);
        return result;
    }

    static long shr(Cpu c, long value, int count, int bits) {
        int unused = 64 - bits;
        long result = count >= bits ? 0 : value >>> count;
        long carry = count > bits ? 0 : value >>> count - 1 & 1;
        c.flagResult = result << unused >> unused;
        c.flagCarry = (int) carry;
        overflow(c, value << unused);
        return result;
    }

    static long sar(Cpu c, long value, int count, int bits) {
        int unused = 64 - bits;
        long signed = value << unused >> unused;
        long result = signed >> Math.min(count, 63);
        long carry = signed >> Math.min(count - 1, 63) & 1;
        c.flagResult = result;
        c.flagCarry = (int) carry;
        c.flagCarries = carry << 63;
        return result;
    }

    static long rol(Cpu c, long value, int count, int bits) {
        int n = count & bits - 1;
        long result = n == 0 ? value : value << n | value >>> bits - n;
        rotated(c, result & 1, value >>> bits - 1 ^ value >>> bits - 2);
        return result;
    }

    static long ror(Cpu c, long value, int count, int bits) {
        int n = count & bits - 1;
        long result = n == 0 ? value : value >>> n | value << bits - n;
        rotated(c, result >>> bits - 1 & 1, value ^ value >>> bits - 1);
        return result;
    }

    static long rcl(Cpu c, long value, int count, int bits) {
        int n = count % (bits + 1);
        if (n == 0) {
            return value;
        }
        long carry = c.flagCarry & 1;
        long result = (n == 64 ? 0 : value << n) | carry << n - 1 | (n > 1 ? value >>> bits + 1 - n : 0);
        long out = value >>> bits - n & 1;
        rotated(c, out, value >>> bits - 1 ^ value >>> bits - 2);
        return result;
    }

    static long rcr(Cpu c, long value, int count, int bits) {
        int n = count % (bits + 1);
        if (n == 0) {
            return value;
        }
        long carry = c.flagCarry & 1;
        long result = (n == 64 ? 0 : value >>> n) | carry << bits - n | (n > 1 ? value << bits + 1 - n : 0);
        rotated(c, value >>> n - 1 & 1, carry ^ value >>> bits - 1);
        return result;
    }

    /** OF is the sign of {@code changed}. */
    private static void overflow(Cpu c, long changed) {
        c.flagCarries = (changed ^ (long) c.flagCarry << 63) & Long.MIN_VALUE;
    }

    /** Only CF and OF change. */
    private static void rotated(Cpu c, long carry, long overflow) {
        c.flagCarry = c.flagCarry & ~1 | (int) carry;
        c.flagCarries = c.flagCarries & Long.MAX_VALUE | (carry ^ overflow) << 63;
    }

    static long apply(int operation, Cpu c, long value, int count, int bits) {
        return switch (operation) {
            case ROL -> rol(c, value, count, bits);
            case ROR -> ror(c, value, count, bits);
            case RCL -> rcl(c, value, count, bits);
            case RCR -> rcr(c, value, count, bits);
            case SHL -> shl(c, value, count, bits);
            case SHR -> shr(c, value, count, bits);
            default -> sar(c, value, count, bits);
        };
    }

    /** SHLD: shifts {@code value} left, filling from the top of {@code fill}. A word by more than 16 goes on with itself. */
    static long shld(Cpu c, long value, long fill, int count, int bits) {
        int unused = 64 - bits;
        long result;
        long carry;
        if (count <= bits) {
            result = (count == 64 ? 0 : value << count) | fill >>> bits - count;
            carry = value >>> bits - count & 1;
        } else {
            long both = value << 32 | fill << 16 | value;
            result = both << count >>> 32;
            carry = both >>> 48 - count & 1;
        }
        result = result << unused >> unused;
        doubleFlags(c, value << unused ^ value << unused + 1, result, carry);
        return result;
    }

    /** SHRD: shifts {@code value} right, filling from the bottom of {@code fill}. */
    static long shrd(Cpu c, long value, long fill, int count, int bits) {
        int unused = 64 - bits;
        long result;
        long carry;
        if (count <= bits) {
            result = (count == 64 ? 0 : value >>> count) | fill << bits - count;
            carry = value >>> count - 1 & 1;
        } else {
            long both = value << 32 | fill << 16 | value;
            result = both >>> count;
            carry = both >>> count - 1 & 1;
        }
        result = result << unused >> unused;
        doubleFlags(c, value << unused ^ fill << 63, result, carry);
        return result;
    }

    private static void doubleFlags(Cpu c, long changed, long result, long carry) {
        c.flagResult = result;
        c.flagCarry = (int) carry;
        overflow(c, changed);
    }
}
