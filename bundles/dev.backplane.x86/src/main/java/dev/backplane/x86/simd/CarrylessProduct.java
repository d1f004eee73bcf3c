package dev.backplane.x86.simd;

/**
 * PCLMULQDQ: the product of two polynomials over GF(2). Ordinary multiplication does it where the operands have three zero
 * bits between any two that count: carries then end in the gaps. So each operand is taken apart in four.
 */
final class CarrylessProduct {
    private static final long EVERY_FOURTH = 0x1111_1111_1111_1111L;

    private CarrylessProduct() {}

    static void pclmulqdq(long[] x, int d, long low, long high, int control) {
        long a = (control & 1) == 0 ? x[d] : x[d + 1];
        long b = (control & 0x10) == 0 ? low : high;
        x[d] = lowHalf(a, b);
        // A product of mirrored operands is mirrored: its low half has the high one, one bit off.
        x[d + 1] = Long.reverse(lowHalf(Long.reverse(a), Long.reverse(b))) >>> 1;
    }

    private static long lowHalf(long a, long b) {
        long a0 = a & EVERY_FOURTH;
        long a1 = a & EVERY_FOURTH << 1;
        long a2 = a & EVERY_FOURTH << 2;
        long a3 = a & EVERY_FOURTH << 3;
        long b0 = b & EVERY_FOURTH;
        long b1 = b & EVERY_FOURTH << 1;
        long b2 = b & EVERY_FOURTH << 2;
        long b3 = b & EVERY_FOURTH << 3;
        long p0 = a0 * b0 ^ a1 * b3 ^ a2 * b2 ^ a3 * b1;
        long p1 = a0 * b1 ^ a1 * b0 ^ a2 * b3 ^ a3 * b2;
        long p2 = a0 * b2 ^ a1 * b1 ^ a2 * b0 ^ a3 * b3;
        long p3 = a0 * b3 ^ a1 * b2 ^ a2 * b1 ^ a3 * b0;
        return p0 & EVERY_FOURTH | p1 & EVERY_FOURTH << 1 | p2 & EVERY_FOURTH << 2 | p3 & EVERY_FOURTH << 3;
    }
}
