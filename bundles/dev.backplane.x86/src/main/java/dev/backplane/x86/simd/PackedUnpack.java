package dev.backplane.x86.simd;

/** Interleaving, narrowing with saturation, widening and pairwise sums of packed integers: functions of two halves. */
public final class PackedUnpack {
    private static final long LOW_32 = 0xFFFF_FFFFL;

    private PackedUnpack() {}

    /** PUNPCKLBW: the low four bytes of a and b in turn. */
    public static long punpcklbw(long a, long b) {
        return spreadBytes(a) | spreadBytes(b) << 8;
    }

    public static long punpckhbw(long a, long b) {
        return punpcklbw(a >>> 32, b >>> 32);
    }

    public static long punpcklwd(long a, long b) {
        return spreadWords(a) | spreadWords(b) << 16;
    }

    public static long punpckhwd(long a, long b) {
        return punpcklwd(a >>> 32, b >>> 32);
    }

    public static long punpckldq(long a, long b) {
        return a & LOW_32 | b << 32;
    }

    public static long punpckhdq(long a, long b) {
        return a >>> 32 | b & ~LOW_32;
    }

    private static long spreadBytes(long a) {
        long words = spreadWords(a);
        return (words | words << 8) & 0x00FF_00FF_00FF_00FFL;
    }

    private static long spreadWords(long a) {
        long low = a & LOW_32;
        return (low | low << 16) & 0x0000_FFFF_0000_FFFFL;
    }

    public static long packsswb(long a, long b) {
        return narrowWords(a, Byte.MIN_VALUE, Byte.MAX_VALUE) | narrowWords(b, Byte.MIN_VALUE, Byte.MAX_VALUE) << 32;
    }

    public static long packuswb(long a, long b) {
        return narrowWords(a, 0, 255) | narrowWords(b, 0, 255) << 32;
    }

    private static long narrowWords(long a, int least, int greatest) {
        long result = 0;
        for (int i = 3; i >= 0; i--) {
            result = result << 8 | Math.clamp(Lanes.word(a, i), least, greatest) & 0xFF;
        }
        return result;
    }

    public static long packssdw(long a, long b) {
        return narrowDoublewords(a, Short.MIN_VALUE, Short.MAX_VALUE)
                | narrowDoublewords(b, Short.MIN_VALUE, Short.MAX_VALUE) << 32;
    }

    public static long packusdw(long a, long b) {
        return narrowDoublewords(a, 0, 65535) | narrowDoublewords(b, 0, 65535) << 32;
    }

    private static long narrowDoublewords(long a, int least, int greatest) {
        return Math.clamp((int) a, least, greatest) & 0xFFFF
                | (long) (Math.clamp((int) (a >>> 32), least, greatest) & 0xFFFF) << 16;
    }

    public static long phaddw(long a, long b) {
        return pairWords(
                Lanes.word(a, 0) + Lanes.word(a, 1),
                Lanes.word(a, 2) + Lanes.word(a, 3),
                Lanes.word(b, 0) + Lanes.word(b, 1),
                Lanes.word(b, 2) + Lanes.word(b, 3));
    }

    public static long phsubw(long a, long b) {
        return pairWords(
                Lanes.word(a, 0) - Lanes.word(a, 1),
                Lanes.word(a, 2) - Lanes.word(a, 3),
                Lanes.word(b, 0) - Lanes.word(b, 1),
                Lanes.word(b, 2) - Lanes.word(b, 3));
    }

    public static long phaddsw(long a, long b) {
        return pairWords(
                saturated(Lanes.word(a, 0) + Lanes.word(a, 1)),
                saturated(Lanes.word(a, 2) + Lanes.word(a, 3)),
                saturated(Lanes.word(b, 0) + Lanes.word(b, 1)),
                saturated(Lanes.word(b, 2) + Lanes.word(b, 3)));
    }

    public static long phsubsw(long a, long b) {
        return pairWords(
                saturated(Lanes.word(a, 0) - Lanes.word(a, 1)),
                saturated(Lanes.word(a, 2) - Lanes.word(a, 3)),
                saturated(Lanes.word(b, 0) - Lanes.word(b, 1)),
                saturated(Lanes.word(b, 2) - Lanes.word(b, 3)));
    }

    private static int saturated(int value) {
        return Math.clamp(value, Short.MIN_VALUE, Short.MAX_VALUE);
    }

    private static long pairWords(int a, int b, int c, int d) {
        return a & 0xFFFF | (b & 0xFFFFL) << 16 | (c & 0xFFFFL) << 32 | (long) d << 48;
    }

    public static long phaddd(long a, long b) {
        return a + (a >>> 32) & LOW_32 | b + (b >>> 32) << 32;
    }

    public static long phsubd(long a, long b) {
        return a - (a >>> 32) & LOW_32 | b - (b >>> 32) << 32;
    }

    /** The low four bytes as words, signed. */
    public static long signBytesToWords(long a) {
        return extend(spreadBytes(a), 0x0080_0080_0080_0080L, Lanes.W);
    }

    /** The low two bytes as doublewords, signed. */
    public static long signBytesToDoublewords(long a) {
        return (byte) a & LOW_32 | (long) (byte) (a >>> 8) << 32;
    }

    /** The low two words as doublewords, signed. */
    public static long signWordsToDoublewords(long a) {
        return (short) a & LOW_32 | (long) (short) (a >>> 16) << 32;
    }

    /** The low four bytes as words, unsigned. */
    public static long zeroBytesToWords(long a) {
        return spreadBytes(a);
    }

    /** The low two bytes as doublewords, unsigned. */
    public static long zeroBytesToDoublewords(long a) {
        return a & 0xFF | (a & 0xFF00) << 24;
    }

    /** The low two words as doublewords, unsigned. */
    public static long zeroWordsToDoublewords(long a) {
        return spreadWords(a);
    }

    private static long extend(long lanes, long narrowSigns, long signs) {
        return Lanes.subtract(lanes ^ narrowSigns, narrowSigns, signs);
    }
}
