package dev.backplane.x86.internal.softfloat;

/**
 * A number with a 128-bit significand, for functions whose result is rounded to 64 bits: {@code (-1)^negative * high:low /
 * 2^127 * 2^exponent}, with bit 63 of high set; zero has {@code high == 0}. Operations work in place and are wrong by a few
 * units of the last place at most. Not thread-safe; allocates nothing.
 */
public final class Precise {
    private static final long LOW_32 = 0xFFFF_FFFFL;
    private static final int DIGITS = 5;

    /** The sign. */
    public boolean negative;

    /** The unbiased exponent. */
    public int exponent;

    /** The upper half of the significand. */
    public long high;

    /** The lower half of the significand. */
    public long low;

    /** Zero. */
    public Precise() {}

    /** A number between one and two times a power of two. */
    public Precise(int exponent, long high, long low) {
        set(false, exponent, high, low);
    }

    /** Takes over another number. */
    public Precise set(Precise other) {
        return set(other.negative, other.exponent, other.high, other.low);
    }

    /** Sets a number from its parts; bit 63 of the significand's upper half is set unless it is zero. */
    public Precise set(boolean isNegative, int newExponent, long newHigh, long newLow) {
        negative = isNegative;
        exponent = newExponent;
        high = newHigh;
        low = newLow;
        return this;
    }

    /** Sets a small integer. */
    public Precise set(int value) {
        negative = value < 0;
        high = Math.abs((long) value);
        low = 0;
        exponent = 63;
        normalise();
        return this;
    }

    /** Whether this is zero. */
    public boolean isZero() {
        return high == 0;
    }

    /** Changes the sign. */
    public Precise negate() {
        negative = !negative;
        return this;
    }

    /** Multiplies by a power of two. */
    public Precise scale(int power) {
        exponent += power;
        return this;
    }

    /** Adds another number, which may be this one. */
    public Precise add(Precise b) {
        return b.high == 0 ? this : addNumber(b.negative, b.exponent, b.high, b.low);
    }

    /** Subtracts another number, not this one. */
    public Precise subtract(Precise b) {
        return b.high == 0 ? this : addNumber(!b.negative, b.exponent, b.high, b.low);
    }

    private Precise addNumber(boolean bNegative, int bExponent, long bHigh, long bLow) {
        if (high == 0) {
            return set(bNegative, bExponent, bHigh, bLow);
        }
        boolean smaller = exponent != bExponent ? exponent < bExponent : below(high, low, bHigh, bLow);
        long largeHigh = smaller ? bHigh : high;
        long largeLow = smaller ? bLow : low;
        long smallHigh = smaller ? high : bHigh;
        long smallLow = smaller ? low : bLow;
        int distance = Math.abs(exponent - bExponent);
        exponent = Math.max(exponent, bExponent);
        if (distance >= 64) {
            smallLow = distance >= 128 ? 0 : smallHigh >>> distance;
            smallHigh = 0;
        } else if (distance > 0) {
            smallLow = smallLow >>> distance | smallHigh << -distance;
            smallHigh >>>= distance;
        }
        boolean same = negative == bNegative;
        negative = smaller ? bNegative : negative;
        if (same) {
            addMagnitudes(largeHigh, largeLow, smallHigh, smallLow);
        } else {
            low = largeLow - smallLow;
            high = largeHigh - smallHigh - (Long.compareUnsigned(largeLow, smallLow) < 0 ? 1 : 0);
            normalise();
        }
        return this;
    }

    private void addMagnitudes(long aHigh, long aLow, long bHigh, long bLow) {
        low = aLow + bLow;
        long carry = Long.compareUnsigned(low, aLow) < 0 ? 1 : 0;
        high = aHigh + bHigh + carry;
        boolean overflow = Long.compareUnsigned(high, aHigh) < 0 || carry != 0 && high == aHigh;
        if (overflow) {
            low = low >>> 1 | high << 63;
            high = high >>> 1 | Long.MIN_VALUE;
            exponent++;
        }
    }

    private static boolean below(long aHigh, long aLow, long bHigh, long bLow) {
        int order = Long.compareUnsigned(aHigh, bHigh);
        return order < 0 || order == 0 && Long.compareUnsigned(aLow, bLow) < 0;
    }

    /** Multiplies by another number, which may be this one. */
    public Precise multiply(Precise b) {
        if (high == 0 || b.high == 0) {
            return set(negative != b.negative, 0, 0, 0);
        }
        long productHigh = Math.unsignedMultiplyHigh(high, b.high);
        long productLow = high * b.high;
        long first = Math.unsignedMultiplyHigh(high, b.low);
        long second = Math.unsignedMultiplyHigh(low, b.high);
        long sum = productLow + first;
        productHigh += Long.compareUnsigned(sum, first) < 0 ? 1 : 0;
        productLow = sum + second;
        productHigh += Long.compareUnsigned(productLow, second) < 0 ? 1 : 0;
        negative = negative != b.negative;
        exponent += b.exponent + 1;
        high = productHigh;
        low = productLow;
        normalise();
        return this;
    }

    /** Divides by another number, which is not zero and not this one. */
    public Precise divide(Precise b) {
        if (high == 0) {
            return this;
        }
        negative = negative != b.negative;
        exponent -= b.exponent;
        long restHigh = high;
        long restLow = low;
        long quotientHigh = 0;
        long quotientLow = 0;
        boolean carry = false;
        for (int i = 0; i < 128; i++) {
            quotientHigh = quotientHigh << 1 | quotientLow >>> 63;
            quotientLow <<= 1;
            if (carry || !below(restHigh, restLow, b.high, b.low)) {
                restHigh -= b.high + (Long.compareUnsigned(restLow, b.low) < 0 ? 1 : 0);
                restLow -= b.low;
                quotientLow |= 1;
            }
            carry = restHigh < 0;
            restHigh = restHigh << 1 | restLow >>> 63;
            restLow <<= 1;
        }
        high = quotientHigh;
        low = quotientLow;
        normalise();
        return this;
    }

    /** Divides by an integer between 1 and 2^31. */
    public Precise divide(int divisor) {
        long rest = 0;
        long upper = 0;
        long lower = 0;
        long last = 0;
        for (int i = 0; i < DIGITS; i++) {
            long digit = switch (i) {
                case 0 -> high >>> 32;
                case 1 -> high & LOW_32;
                case 2 -> low >>> 32;
                case 3 -> low & LOW_32;
                default -> 0;
            };
            long dividend = rest << 32 | digit;
            long quotient = dividend / divisor;
            rest = dividend - quotient * divisor;
            if (i < 2) {
                upper = upper << 32 | quotient;
            } else if (i < 4) {
                lower = lower << 32 | quotient;
            } else {
                last = quotient << 32;
            }
        }
        high = upper;
        low = lower;
        int shift = Long.numberOfLeadingZeros(high);
        if (shift != 0 && shift < 64) {
            high = high << shift | low >>> -shift;
            low = low << shift | last >>> -shift;
            exponent -= shift;
        }
        return this;
    }

    private void normalise() {
        if (high == 0) {
            high = low;
            low = 0;
            exponent -= 64;
            if (high == 0) {
                return;
            }
        }
        int shift = Long.numberOfLeadingZeros(high);
        if (shift != 0) {
            high = high << shift | low >>> -shift;
            low <<= shift;
            exponent -= shift;
        }
    }
}
