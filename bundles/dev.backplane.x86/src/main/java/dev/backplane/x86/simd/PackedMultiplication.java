package dev.backplane.x86.simd;

import static dev.backplane.x86.simd.Lanes.octet;
import static dev.backplane.x86.simd.Lanes.word;

/** Products of packed integers, on one 64-bit half of a register. */
public final class PackedMultiplication {
    private PackedMultiplication() {}

    public static long pmullw(long a, long b) {
        long result = 0;
        for (int i = 3; i >= 0; i--) {
            result = result << 16 | word(a, i) * word(b, i) & 0xFFFF;
        }
        return result;
    }

    public static long pmulhw(long a, long b) {
        long result = 0;
        for (int i = 3; i >= 0; i--) {
            result = result << 16 | word(a, i) * word(b, i) >>> 16;
        }
        return result;
    }

    public static long pmulhuw(long a, long b) {
        long result = 0;
        for (int i = 3; i >= 0; i--) {
            result = result << 16 | (word(a, i) & 0xFFFF) * (word(b, i) & 0xFFFF) >>> 16;
        }
        return result;
    }

    /** Words as fractions, the product rounded. */
    public static long pmulhrsw(long a, long b) {
        long result = 0;
        for (int i = 3; i >= 0; i--) {
            result = result << 16 | (word(a, i) * word(b, i) >> 14) + 1 >> 1 & 0xFFFF;
        }
        return result;
    }

    public static long pmaddwd(long a, long b) {
        int low = word(a, 0) * word(b, 0) + word(a, 1) * word(b, 1);
        int high = word(a, 2) * word(b, 2) + word(a, 3) * word(b, 3);
        return pair(low, high);
    }

    /** Unsigned bytes of a with signed bytes of b, neighbours added with signed saturation. */
    public static long pmaddubsw(long a, long b) {
        long result = 0;
        for (int i = 6; i >= 0; i -= 2) {
            int sum = (octet(a, i) & 0xFF) * octet(b, i) + (octet(a, i + 1) & 0xFF) * octet(b, i + 1);
            result = result << 16 | Math.clamp(sum, Short.MIN_VALUE, Short.MAX_VALUE) & 0xFFFF;
        }
        return result;
    }

    public static long pmuludq(long a, long b) {
        return (a & 0xFFFF_FFFFL) * (b & 0xFFFF_FFFFL);
    }

    public static long pmuldq(long a, long b) {
        return (long) (int) a * (int) b;
    }

    public static long pmulld(long a, long b) {
        return pair((int) a * (int) b, (int) (a >>> 32) * (int) (b >>> 32));
    }

    private static long pair(int low, int high) {
        return low & 0xFFFF_FFFFL | (long) high << 32;
    }
}
