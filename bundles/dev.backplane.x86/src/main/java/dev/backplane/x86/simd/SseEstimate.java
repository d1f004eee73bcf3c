package dev.backplane.x86.simd;

/**
 * RCPPS and RSQRTPS: estimates with a relative error of at most 1.5 * 2^-12 (SDM volume 2). They raise nothing and ignore
 * MXCSR. Ours are rounded to 12 bits behind the point; processors differ in the bits that the manual leaves open.
 */
final class SseEstimate {
    private static final int SIGN = Integer.MIN_VALUE;
    private static final int INFINITY = 0x7F80_0000;
    private static final int QUIET = 0x0040_0000;
    private static final int SMALLEST_NORMAL = 0x0080_0000;

    /** 2^126: from here on a reciprocal is zero. */
    private static final int TINY_RECIPROCAL = 0x7E80_0000;

    private static final int DEFAULT_NAN = 0xFFC0_0000;

    private SseEstimate() {}

    static int reciprocal(int a) {
        int sign = a & SIGN;
        int magnitude = a & ~SIGN;
        if (magnitude > INFINITY) {
            return a | QUIET;
        }
        if (magnitude < SMALLEST_NORMAL) {
            return sign | INFINITY;
        }
        return magnitude >= TINY_RECIPROCAL ? sign : sign | shorten(1 / Float.intBitsToFloat(magnitude));
    }

    static int reciprocalRoot(int a) {
        int magnitude = a & ~SIGN;
        if (magnitude > INFINITY) {
            return a | QUIET;
        }
        if (magnitude < SMALLEST_NORMAL) {
            return a & SIGN | INFINITY;
        }
        return a < 0 ? DEFAULT_NAN : shorten((float) (1 / Math.sqrt(Float.intBitsToFloat(a))));
    }

    private static int shorten(float value) {
        int bits = Float.floatToRawIntBits(value);
        return bits + (1 << 10) & -1 << 11;
    }
}
