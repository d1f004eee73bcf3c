package dev.backplane.x86.simd;

/**
 * The SHA-1 and SHA-256 instructions (FIPS 180-4; SDM volume 2B). A register holds four words, number 0 in the lowest; the
 * manual counts the words of a message upwards from number 3 for SHA-1 and from number 0 for SHA-256.
 */
final class Sha {
    private static final int[] SHA1_CONSTANTS = {0x5A82_7999, 0x6ED9_EBA1, 0x8F1B_BCDC, 0xCA62_C1D6};

    private Sha() {}

    static void sha1nexte(long[] x, int d, long low, long high, int ignored) {
        int e = Integer.rotateLeft(Singles.high(x[d + 1]), 30);
        x[d] = low;
        x[d + 1] = Singles.pair(Singles.low(high), Singles.high(high) + e);
    }

    static void sha1msg1(long[] x, int d, long low, long high, int ignored) {
        long first = x[d + 1];
        long second = x[d];
        x[d + 1] = first ^ second;
        x[d] = second ^ high;
    }

    static void sha1msg2(long[] x, int d, long low, long high, int ignored) {
        int w16 = Integer.rotateLeft(Singles.high(x[d + 1]) ^ Singles.low(high), 1);
        int w17 = Integer.rotateLeft(Singles.low(x[d + 1]) ^ Singles.high(low), 1);
        int w18 = Integer.rotateLeft(Singles.high(x[d]) ^ Singles.low(low), 1);
        int w19 = Integer.rotateLeft(Singles.low(x[d]) ^ w16, 1);
        x[d + 1] = Singles.pair(w17, w16);
        x[d] = Singles.pair(w19, w18);
    }

    /** Four rounds; the source's highest word has the state's E added already. */
    static void sha1rnds4(long[] x, int d, long low, long high, int control) {
        int function = control & 3;
        int a = Singles.high(x[d + 1]);
        int b = Singles.low(x[d + 1]);
        int c = Singles.high(x[d]);
        int state = Singles.low(x[d]);
        int e = 0;
        for (int round = 0; round < 4; round++) {
            long half = round < 2 ? high : low;
            int word = (round & 1) == 0 ? Singles.high(half) : Singles.low(half);
            int next = mix(function, b, c, state) + Integer.rotateLeft(a, 5) + word + e + SHA1_CONSTANTS[function];
            e = state;
            state = c;
            c = Integer.rotateLeft(b, 30);
            b = a;
            a = next;
        }
        x[d + 1] = Singles.pair(b, a);
        x[d] = Singles.pair(state, c);
    }

    private static int mix(int function, int b, int c, int d) {
        return switch (function) {
            case 0 -> choose(b, c, d);
            case 2 -> majority(b, c, d);
            default -> b ^ c ^ d;
        };
    }

    private static int choose(int a, int b, int c) {
        return a & b ^ ~a & c;
    }

    private static int majority(int a, int b, int c) {
        return a & b ^ a & c ^ b & c;
    }

    /** Two rounds; the words of the message, with their constants added, are in XMM0. */
    static void sha256rnds2(long[] x, int d, long low, long high, int ignored) {
        int a = Singles.high(high);
        int b = Singles.low(high);
        int c = Singles.high(x[d + 1]);
        int state = Singles.low(x[d + 1]);
        int e = Singles.high(low);
        int f = Singles.low(low);
        int g = Singles.high(x[d]);
        int h = Singles.low(x[d]);
        for (int shift = 0; shift < 64; shift += 32) {
            int first = choose(e, f, g) + rotations(e, 6, 11, 25) + (int) (x[0] >>> shift) + h;
            int second = majority(a, b, c) + rotations(a, 2, 13, 22);
            h = g;
            g = f;
            f = e;
            e = first + state;
            state = c;
            c = b;
            b = a;
            a = first + second;
        }
        x[d + 1] = Singles.pair(b, a);
        x[d] = Singles.pair(f, e);
    }

    private static int rotations(int word, int first, int second, int third) {
        return Integer.rotateRight(word, first) ^ Integer.rotateRight(word, second) ^ Integer.rotateRight(word, third);
    }

    static void sha256msg1(long[] x, int d, long low, long high, int ignored) {
        int w1 = Singles.high(x[d]);
        int w2 = Singles.low(x[d + 1]);
        int w3 = Singles.high(x[d + 1]);
        x[d] = Singles.pair(Singles.low(x[d]) + schedule0(w1), w1 + schedule0(w2));
        x[d + 1] = Singles.pair(w2 + schedule0(w3), w3 + schedule0(Singles.low(low)));
    }

    static void sha256msg2(long[] x, int d, long low, long high, int ignored) {
        int w16 = Singles.low(x[d]) + schedule1(Singles.low(high));
        int w17 = Singles.high(x[d]) + schedule1(Singles.high(high));
        int w18 = Singles.low(x[d + 1]) + schedule1(w16);
        int w19 = Singles.high(x[d + 1]) + schedule1(w17);
        x[d] = Singles.pair(w16, w17);
        x[d + 1] = Singles.pair(w18, w19);
    }

    private static int schedule0(int word) {
        return Integer.rotateRight(word, 7) ^ Integer.rotateRight(word, 18) ^ word >>> 3;
    }

    private static int schedule1(int word) {
        return Integer.rotateRight(word, 17) ^ Integer.rotateRight(word, 19) ^ word >>> 10;
    }
}
