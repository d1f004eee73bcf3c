package dev.backplane.x86.simd;

/**
 * Shifts of packed integers by one count for all lanes, on one 64-bit half of a register. A count is unsigned; one that
 * exceeds the lane gives zeros, or signs.
 */
public final class PackedShift {
    private static final long WORDS = 0x0001_0001_0001_0001L;
    private static final long DOUBLEWORDS = 0x0000_0001_0000_0001L;

    private PackedShift() {}

    public static long psllw(long a, long count) {
        return exceeds(count, 15) ? 0 : a << count & (0xFFFFL << count & 0xFFFF) * WORDS;
    }

    public static long pslld(long a, long count) {
        return exceeds(count, 31) ? 0 : a << count & (0xFFFF_FFFFL << count & 0xFFFF_FFFFL) * DOUBLEWORDS;
    }

    public static long psllq(long a, long count) {
        return exceeds(count, 63) ? 0 : a << count;
    }

    public static long psrlw(long a, long count) {
        return exceeds(count, 15) ? 0 : a >>> count & (0xFFFFL >>> count) * WORDS;
    }

    public static long psrld(long a, long count) {
        return exceeds(count, 31) ? 0 : a >>> count & (0xFFFF_FFFFL >>> count) * DOUBLEWORDS;
    }

    public static long psrlq(long a, long count) {
        return exceeds(count, 63) ? 0 : a >>> count;
    }

    public static long psraw(long a, long count) {
        long shift = exceeds(count, 15) ? 15 : count;
        long sign = Lanes.W >>> shift;
        return Lanes.subtract(psrlw(a, shift) ^ sign, sign, Lanes.W);
    }

    public static long psrad(long a, long count) {
        long shift = exceeds(count, 31) ? 31 : count;
        long sign = Lanes.D >>> shift;
        return Lanes.subtract(psrld(a, shift) ^ sign, sign, Lanes.D);
    }

    private static boolean exceeds(long count, int largest) {
        return Long.compareUnsigned(count, largest) > 0;
    }
}
