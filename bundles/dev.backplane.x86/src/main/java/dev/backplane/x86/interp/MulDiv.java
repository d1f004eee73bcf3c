package dev.backplane.x86.interp;

import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Vector;

/** Division of 128 bits by 64. */
final class MulDiv {
    private MulDiv() {}

    /** The quotient of an unsigned division whose high half is below the divisor, so that the quotient has 64 bits. */
    static long divideUnsigned(long high, long low, long divisor) {
        if (high == 0) {
            return Long.divideUnsigned(low, divisor);
        }
        // Schoolbook division in base 2^32 (Knuth volume 2, 4.3.1, algorithm D) with a normalised divisor.
        int shift = Long.numberOfLeadingZeros(divisor);
        long d = divisor << shift;
        long d1 = d >>> 32;
        long d0 = d & 0xFFFFFFFFL;
        long top = shift == 0 ? high : high << shift | low >>> 64 - shift;
        long rest = low << shift;
        long q1 = digit(top, rest >>> 32, d1, d0);
        long middle = (top << 32 | rest >>> 32) - q1 * d;
        long q0 = digit(middle, rest & 0xFFFFFFFFL, d1, d0);
        return q1 << 32 | q0;
    }

    private static long digit(long high, long next, long d1, long d0) {
        long q = Long.divideUnsigned(high, d1);
        long rest = high - q * d1;
        while (q >>> 32 != 0 || Long.compareUnsigned(q * d0, rest << 32 | next) > 0) {
            q--;
            rest += d1;
            if (rest >>> 32 != 0) {
                break;
            }
        }
        return q;
    }

    /** The quotient of a signed division; #DE where it does not fit. */
    static long divideSigned(Cpu c, long high, long low, long divisor) {
        boolean negative = (high ^ divisor) < 0;
        long magnitude = Math.abs(divisor);
        long h = high;
        long l = low;
        if (high < 0) {
            l = -low;
            h = ~high + (low == 0 ? 1 : 0);
        }
        if (Long.compareUnsigned(h, magnitude) >= 0) {
            throw c.fault(Vector.DE, -1);
        }
        long quotient = divideUnsigned(h, l, magnitude);
        if (negative ? Long.compareUnsigned(quotient, Long.MIN_VALUE) > 0 : quotient < 0) {
            throw c.fault(Vector.DE, -1);
        }
        return negative ? -quotient : quotient;
    }
}
