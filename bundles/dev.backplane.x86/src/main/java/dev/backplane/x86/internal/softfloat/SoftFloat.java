package dev.backplane.x86.internal.softfloat;

/**
 * An accumulator for one floating-point operation. An arithmetic method leaves the exact result, or one whose lowest
 * bit stands for everything below it, as {@code (-1)^negative * high:low / 2^127 * 2^exponent}; a result of zero has
 * {@code high == 0}. A rounding method then narrows it. Operands are finite and not zero; a significand is normalised
 * (bit 63 set) and means {@code significand / 2^63}. Not thread-safe; allocates nothing.
 */
public final class SoftFloat {
    private static final long TOP = Long.MIN_VALUE;

    /** The sign of the result. */
    public boolean negative;

    /** The unbiased exponent of the result. */
    public int exponent;

    /** The upper half of the significand: normalised, or zero. */
    public long high;

    /** The lower half of the significand. */
    public long low;

    /** The {@link Exceptions} that the last rounding raised. */
    public int raised;

    /** Whether the last rounding made the magnitude larger. */
    public boolean roundedUp;

    /** Whether the last rounding into a range found a result below the smallest normal number. */
    public boolean tiny;

    private boolean inexact;

    /** Sets a result without arithmetic. */
    public void set(boolean negative, int exponent, long significand) {
        this.negative = negative;
        this.exponent = exponent;
        high = significand;
        low = 0;
    }

    /** a + b. */
    public void add(boolean negativeA, int exponentA, long a, boolean negativeB, int exponentB, long b) {
        if (exponentA < exponentB || exponentA == exponentB && Long.compareUnsigned(a, b) < 0) {
            addOrdered(negativeB, exponentB, b, negativeA, exponentA, a);
        } else {
            addOrdered(negativeA, exponentA, a, negativeB, exponentB, b);
        }
    }

    private void addOrdered(boolean negativeA, int exponentA, long a, boolean negativeB, int exponentB, long b) {
        int distance = exponentA - exponentB;
        long shiftedHigh;
        long shiftedLow;
        if (distance == 0) {
            shiftedHigh = b;
            shiftedLow = 0;
        } else if (distance < 64) {
            shiftedHigh = b >>> distance;
            shiftedLow = b << -distance;
        } else if (distance < 128) {
            shiftedHigh = 0;
            shiftedLow = b >>> distance | (distance == 64 || b << -distance == 0 ? 0 : 1);
        } else {
            shiftedHigh = 0;
            shiftedLow = 1;
        }
        negative = negativeA;
        exponent = exponentA;
        if (negativeA == negativeB) {
            low = shiftedLow;
            high = a + shiftedHigh;
            if (Long.compareUnsigned(high, a) < 0) {
                low = low >>> 1 | low & 1 | high << 63;
                high = high >>> 1 | TOP;
                exponent++;
            }
        } else {
            low = -shiftedLow;
            high = a - shiftedHigh - (shiftedLow != 0 ? 1 : 0);
            normalise();
        }
    }

    /** a * b. */
    public void multiply(boolean negativeA, int exponentA, long a, boolean negativeB, int exponentB, long b) {
        negative = negativeA != negativeB;
        exponent = exponentA + exponentB + 1;
        high = Math.unsignedMultiplyHigh(a, b);
        low = a * b;
        if (high >= 0) {
            high = high << 1 | low >>> 63;
            low <<= 1;
            exponent--;
        }
    }

    /**
     * The result that is there, of at most 106 significant bits, plus c, of at most 53: what has been multiplied becomes a fused
     * multiplication and addition. The result may be zero.
     */
    public void addProduct(boolean negativeC, int exponentC, long c) {
        int order = Integer.compare(exponent, exponentC);
        if (order == 0) {
            order = Long.compareUnsigned(high, c);
        }
        boolean productLarger = order > 0 || order == 0 && low != 0;
        boolean sameSign = negative == negativeC;
        int exponentP = exponent;
        long largerHigh = c;
        long largerLow = 0;
        if (productLarger) {
            largerHigh = high;
            largerLow = low;
            high = c;
            low = 0;
            denormalise(exponentP - exponentC);
        } else {
            denormalise(exponentC - exponentP);
            negative = negativeC;
            exponent = exponentC;
        }
        if (sameSign) {
            long sumLow = largerLow + low;
            long carryIn = Long.compareUnsigned(sumLow, largerLow) < 0 ? 1 : 0;
            long sumHigh = largerHigh + high + carryIn;
            boolean carry = carryIn == 0
                    ? Long.compareUnsigned(sumHigh, largerHigh) < 0
                    : Long.compareUnsigned(sumHigh, largerHigh) <= 0;
            high = carry ? sumHigh >>> 1 | TOP : sumHigh;
            low = carry ? sumLow >>> 1 | sumLow & 1 | sumHigh << 63 : sumLow;
            exponent += carry ? 1 : 0;
        } else {
            long borrow = Long.compareUnsigned(largerLow, low) < 0 ? 1 : 0;
            low = largerLow - low;
            high = largerHigh - high - borrow;
            normalise();
        }
    }

    /** a / b. */
    public void divide(boolean negativeA, int exponentA, long a, boolean negativeB, int exponentB, long b) {
        negative = negativeA != negativeB;
        exponent = exponentA - exponentB;
        long dividendHigh = a;
        long dividendLow = 0;
        if (Long.compareUnsigned(a, b) >= 0) {
            dividendHigh = a >>> 1;
            dividendLow = a << 63;
        } else {
            exponent--;
        }
        high = Wide.divide(dividendHigh, dividendLow, b);
        low = belowLastBit(dividendLow - high * b, b);
    }

    /** What follows a quotient's last bit, as the rounding sees it: nothing, less than a half, a half, or more. */
    private static long belowLastBit(long remainder, long divisor) {
        if (remainder == 0) {
            return 0;
        }
        int order = Long.compareUnsigned(remainder, divisor - remainder);
        return order < 0 ? TOP >>> 1 : order == 0 ? TOP : TOP | TOP >>> 1;
    }

    /** The square root of a positive number. */
    public void squareRoot(int exponentA, long a) {
        boolean odd = (exponentA & 1) != 0;
        long radicandHigh = odd ? a : a >>> 1;
        long radicandLow = odd ? 0 : a << 63;
        negative = false;
        exponent = exponentA >> 1;
        high = root(radicandHigh, radicandLow);
        long restLow = radicandLow - high * high;
        long restHigh = radicandHigh
                - Math.unsignedMultiplyHigh(high, high)
                - (Long.compareUnsigned(radicandLow, high * high) < 0 ? 1 : 0);
        if ((restHigh | restLow) == 0) {
            low = 0;
        } else {
            low = restHigh != 0 || Long.compareUnsigned(restLow, high) > 0 ? TOP | TOP >>> 1 : TOP >>> 1;
        }
    }

    /** The integer square root of a 128-bit number that is at least 2^126: an estimate from above, one Newton step. */
    private static long root(long high, long low) {
        if (high == -1) {
            return -1;
        }
        double estimate = Math.sqrt((high >>> 1) * 0x1p65);
        long guess = estimate >= 0x1p64 - 0x1p13 ? -1 : (long) (estimate / 2) * 2 + 0x1000;
        long quotient = Wide.divide(high, low, guess);
        long root = (guess & quotient) + ((guess ^ quotient) >>> 1);
        while (squareExceeds(root, high, low)) {
            root--;
        }
        return root;
    }

    private static boolean squareExceeds(long root, long high, long low) {
        int order = Long.compareUnsigned(Math.unsignedMultiplyHigh(root, root), high);
        return order > 0 || order == 0 && Long.compareUnsigned(root * root, low) > 0;
    }

    /** Shifts the significand up until bit 127 is set; zero stays. */
    public void normalise() {
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

    /** Shifts the significand down, folding what falls out into the lowest bit. */
    private void denormalise(int shift) {
        if (shift >= 128) {
            low = (high | low) == 0 ? 0 : 1;
            high = 0;
        } else if (shift >= 64) {
            boolean lost = low != 0 || shift != 64 && high << -shift != 0;
            low = high >>> shift | (lost ? 1 : 0);
            high = 0;
        } else if (shift > 0) {
            boolean lost = low << -shift != 0;
            low = low >>> shift | high << -shift | (lost ? 1 : 0);
            high >>>= shift;
        }
    }

    /**
     * Rounds to the upper bits of the significand, as if the exponent had no bounds. Sets {@link #roundedUp}.
     *
     * @param bits significant bits to keep, 1 to 64
     * @return whether the result was inexact
     */
    public boolean round(int bits, int mode) {
        boolean carry = roundInPlace(bits, mode);
        if (carry) {
            high = TOP;
            exponent++;
        }
        return inexact;
    }

    /** Rounds at a fixed position of {@link #high}; returns whether a carry left the top. */
    private boolean roundInPlace(int bits, int mode) {
        long unit = 1L << -bits;
        long belowHigh = high & (unit - 1);
        inexact = (belowHigh | low) != 0;
        roundedUp = inexact
                && switch (mode) {
                    case Rounding.NEAREST -> aboveHalf(bits, belowHigh);
                    case Rounding.DOWN -> negative;
                    case Rounding.UP -> !negative;
                    default -> false;
                };
        high -= belowHigh;
        low = 0;
        if (roundedUp) {
            high += unit;
            return Long.compareUnsigned(high, unit) < 0;
        }
        return false;
    }

    private boolean aboveHalf(int bits, long belowHigh) {
        if (bits == 64) {
            return low < 0 && (low != TOP || (high & 1) != 0);
        }
        long half = 1L << 63 - bits;
        boolean lastBit = (high & half << 1) != 0;
        return (belowHigh & half) != 0 && (belowHigh != half || low != 0 || lastBit);
    }

    /**
     * Rounds into a format's range. Afterwards {@link #high} and {@link #exponent} are the result, where a denormal one
     * has the least exponent and bit 63 clear; {@link #raised} tells overflow, underflow and inexactness. An overflow
     * leaves the rounded number with its exponent out of range, whether it is masked or not; an unmasked underflow too.
     *
     * @param bits significant bits to keep
     * @param least the exponent of the smallest normal number
     * @param greatest the exponent of the largest finite number
     * @param underflowMasked whether tiny results become denormal
     */
    public void round(int bits, int mode, int least, int greatest, boolean underflowMasked) {
        raised = 0;
        tiny = false;
        if (exponent >= least) {
            if (round(bits, mode)) {
                raised = Exceptions.INEXACT;
            }
            if (exponent > greatest) {
                raised |= Exceptions.OVERFLOW;
            }
            return;
        }
        long unroundedHigh = high;
        long unroundedLow = low;
        int unroundedExponent = exponent;
        boolean tinyInexact = round(bits, mode);
        tiny = exponent < least;
        if (!underflowMasked && tiny) {
            raised = Exceptions.UNDERFLOW | (tinyInexact ? Exceptions.INEXACT : 0);
            return;
        }
        high = unroundedHigh;
        low = unroundedLow;
        denormalise(least - unroundedExponent);
        exponent = least;
        roundInPlace(bits, mode);
        if (inexact) {
            raised = Exceptions.INEXACT | (tiny ? Exceptions.UNDERFLOW : 0);
        }
    }
}
