package dev.backplane.x86.simd;

/** One of SSE's floating-point formats, for the code that treats them alike: numbers are the low bits of a long. */
enum Format {
    HALF(10, 15),
    SINGLE(23, 127),
    DOUBLE(52, 1023);

    final int fractionBits;
    final int bias;
    final long sign;
    final long infinity;
    final long quiet;
    final long fractionMask;

    Format(int fractionBits, int bias) {
        this.fractionBits = fractionBits;
        this.bias = bias;
        fractionMask = (1L << fractionBits) - 1;
        infinity = (2L * bias + 1) << fractionBits;
        quiet = 1L << fractionBits - 1;
        sign = infinity + (1L << fractionBits);
    }

    long magnitude(long a) {
        return a & sign - 1;
    }

    boolean isNaN(long a) {
        return magnitude(a) > infinity;
    }

    boolean isSignaling(long a) {
        return isNaN(a) && (a & quiet) == 0;
    }

    boolean isInfinity(long a) {
        return magnitude(a) == infinity;
    }

    boolean isZero(long a) {
        return magnitude(a) == 0;
    }

    boolean isDenormal(long a) {
        long magnitude = magnitude(a);
        return magnitude != 0 && magnitude <= fractionMask;
    }

    boolean isNegative(long a) {
        return (a & sign) != 0;
    }

    /** The NaN that stands for an invalid operation. */
    long defaultNaN() {
        return sign | infinity | quiet;
    }

    /** The unbiased exponent of a finite number that is not zero, once {@link #significand} has normalised it. */
    int exponent(long a) {
        long magnitude = magnitude(a);
        return magnitude > fractionMask
                ? (int) (magnitude >>> fractionBits) - bias
                : 64 - fractionBits - bias - Long.numberOfLeadingZeros(magnitude);
    }

    /** The significand of a finite number that is not zero, with bit 63 set. */
    long significand(long a) {
        long magnitude = magnitude(a);
        return magnitude > fractionMask
                ? Long.MIN_VALUE | magnitude << 63 - fractionBits
                : magnitude << Long.numberOfLeadingZeros(magnitude);
    }
}
