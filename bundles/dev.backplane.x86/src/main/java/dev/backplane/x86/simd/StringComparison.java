package dev.backplane.x86.simd;

/**
 * PCMPESTRI, PCMPESTRM, PCMPISTRI and PCMPISTRM: comparison of two strings of at most 16 bytes or 8 words (SDM volume
 * 2B, 4.1). The result is a number with a bit for each element of the second string.
 */
public final class StringComparison {
    private static final int WORDS = 1;
    private static final int SIGNED = 2;
    private static final int MOST_SIGNIFICANT = 1 << 6;

    private StringComparison() {}

    /** How many elements a string holds, given the length in a register: its magnitude, at most all. */
    public static int explicitLength(long register, int control) {
        int all = elements(control);
        return register > all || register < -all ? all : (int) Math.abs(register);
    }

    /** How many elements come before the first that is zero. */
    public static int implicitLength(long low, long high, int control) {
        int all = elements(control);
        for (int i = 0; i < all; i++) {
            if (element(low, high, i, control) == 0) {
                return i;
            }
        }
        return all;
    }

    /** Elements in a register: 16 bytes or 8 words. */
    public static int elements(int control) {
        return (control & WORDS) != 0 ? 8 : 16;
    }

    /** Compares the first string, a, with the second one, b; the polarity is applied. */
    public static int compare(long aLow, long aHigh, int aLength, long bLow, long bHigh, int bLength, int control) {
        int all = elements(control);
        int result = 0;
        for (int j = 0; j < all; j++) {
            boolean hit = switch (control >> 2 & 3) {
                case 0 -> equalAny(aLow, aHigh, aLength, bLow, bHigh, bLength, j, control);
                case 1 -> inRanges(aLow, aHigh, aLength, bLow, bHigh, bLength, j, control);
                case 2 -> equalEach(aLow, aHigh, aLength, bLow, bHigh, bLength, j, control);
                default -> equalOrdered(aLow, aHigh, aLength, bLow, bHigh, bLength, j, control);
            };
            result |= hit ? 1 << j : 0;
        }
        return switch (control >> 4 & 3) {
            case 1 -> result ^ (1 << all) - 1;
            case 3 -> result ^ (1 << bLength) - 1;
            default -> result;
        };
    }

    /** The index that PCMPxSTRI leaves in ECX. */
    public static int index(int result, int control) {
        if (result == 0) {
            return elements(control);
        }
        return (control & MOST_SIGNIFICANT) != 0
                ? 31 - Integer.numberOfLeadingZeros(result)
                : Integer.numberOfTrailingZeros(result);
    }

    /** One half of the mask that PCMPxSTRM leaves in XMM0. */
    public static long mask(int result, int control, boolean highHalf) {
        if ((control & MOST_SIGNIFICANT) == 0) {
            return highHalf ? 0 : result;
        }
        if ((control & WORDS) != 0) {
            return PackedShuffle.wordMask(highHalf ? result >> 4 : result);
        }
        long mask = 0;
        int bits = highHalf ? result >> 8 : result;
        for (int i = 0; i < 8; i++) {
            mask |= (bits >> i & 1) != 0 ? 0xFFL << (i << 3) : 0;
        }
        return mask;
    }

    private static int element(long low, long high, int index, int control) {
        if ((control & WORDS) != 0) {
            long half = index < 4 ? low : high;
            int word = Lanes.word(half, index & 3);
            return (control & SIGNED) != 0 ? word : word & 0xFFFF;
        }
        int octet = Lanes.octet(index < 8 ? low : high, index & 7);
        return (control & SIGNED) != 0 ? octet : octet & 0xFF;
    }

    private static boolean equalAny(
            long aLow, long aHigh, int aLength, long bLow, long bHigh, int bLength, int j, int control) {
        if (j >= bLength) {
            return false;
        }
        int b = element(bLow, bHigh, j, control);
        for (int i = 0; i < aLength; i++) {
            if (element(aLow, aHigh, i, control) == b) {
                return true;
            }
        }
        return false;
    }

    private static boolean inRanges(
            long aLow, long aHigh, int aLength, long bLow, long bHigh, int bLength, int j, int control) {
        if (j >= bLength) {
            return false;
        }
        int b = element(bLow, bHigh, j, control);
        for (int i = 0; i + 1 < aLength; i += 2) {
            if (element(aLow, aHigh, i, control) <= b && b <= element(aLow, aHigh, i + 1, control)) {
                return true;
            }
        }
        return false;
    }

    private static boolean equalEach(
            long aLow, long aHigh, int aLength, long bLow, long bHigh, int bLength, int j, int control) {
        if (j >= aLength || j >= bLength) {
            return j >= aLength && j >= bLength;
        }
        return element(aLow, aHigh, j, control) == element(bLow, bHigh, j, control);
    }

    private static boolean equalOrdered(
            long aLow, long aHigh, int aLength, long bLow, long bHigh, int bLength, int j, int control) {
        int all = elements(control);
        for (int i = 0; i < aLength && i + j < all; i++) {
            if (i + j >= bLength || element(aLow, aHigh, i, control) != element(bLow, bHigh, i + j, control)) {
                return false;
            }
        }
        return true;
    }
}
