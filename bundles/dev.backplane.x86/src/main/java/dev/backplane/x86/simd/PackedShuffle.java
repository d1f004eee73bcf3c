package dev.backplane.x86.simd;

/** Shuffles, alignments, blends and single elements: functions of halves that an immediate byte or a mask selects. */
public final class PackedShuffle {
    private static final long LOW_32 = 0xFFFF_FFFFL;

    private PackedShuffle() {}

    /** PSHUFW, and one half of PSHUFLW and PSHUFHW. */
    public static long words(long a, int order) {
        return a >>> ((order & 3) << 4) & 0xFFFF
                | (a >>> ((order >> 2 & 3) << 4) & 0xFFFF) << 16
                | (a >>> ((order >> 4 & 3) << 4) & 0xFFFF) << 32
                | a >>> ((order >> 6 & 3) << 4) << 48;
    }

    /** Two doublewords of a register of four, chosen by the low four bits: half of PSHUFD and SHUFPS. */
    public static long doublewords(long low, long high, int order) {
        return doubleword(low, high, order & 3) | doubleword(low, high, order >> 2 & 3) << 32;
    }

    private static long doubleword(long low, long high, int index) {
        return (index < 2 ? low : high) >>> (index << 5) & LOW_32;
    }

    /** PSHUFB on an MMX register. */
    public static long pshufb(long a, long control) {
        return bytes(a, a, control & 0x8787_8787_8787_8787L);
    }

    /** One half of PSHUFB on an XMM register: eight bytes of high:low, zero where the control byte is negative. */
    public static long bytes(long low, long high, long control) {
        long result = 0;
        for (int i = 56; i >= 0; i -= 8) {
            int index = (int) (control >>> i);
            long from = (index & 8) == 0 ? low : high;
            result = result << 8 | ((index & 0x80) != 0 ? 0 : from >>> (index << 3) & 0xFF);
        }
        return result;
    }

    /** 64 bits of d:c:b:a, taken from a byte position on; zeros follow behind d. PALIGNR, PSRLDQ and PSLLDQ. */
    public static long align(long a, long b, long c, long d, int position) {
        int shift = (position & 7) << 3;
        long low = quadword(a, b, c, d, position >> 3);
        return shift == 0 ? low : low >>> shift | quadword(a, b, c, d, (position >> 3) + 1) << -shift;
    }

    private static long quadword(long a, long b, long c, long d, int index) {
        return switch (index) {
            case 0 -> a;
            case 1 -> b;
            case 2 -> c;
            case 3 -> d;
            default -> 0;
        };
    }

    /** A mask of words for the low four bits. */
    public static long wordMask(int bits) {
        return ((bits & 1) != 0 ? 0xFFFFL : 0)
                | ((bits & 2) != 0 ? 0xFFFF_0000L : 0)
                | ((bits & 4) != 0 ? 0xFFFF_0000_0000L : 0)
                | ((bits & 8) != 0 ? 0xFFFFL << 48 : 0);
    }

    /** A mask of doublewords for the low two bits. */
    public static long doublewordMask(int bits) {
        return ((bits & 1) != 0 ? LOW_32 : 0) | ((bits & 2) != 0 ? LOW_32 << 32 : 0);
    }

    /** Replaces the byte, word or doubleword of a half at a bit position. */
    public static long insert(long half, int position, long mask, long value) {
        return half & ~(mask << position) | (value & mask) << position;
    }
}
