package dev.backplane.x86.simd;

/**
 * What the packed-integer functions share: several 8-, 16- or 32-bit lanes side by side in a long, handled at once. A
 * lane width is given by the mask of the lanes' sign bits.
 */
final class Lanes {
    /** Sign bits of bytes. */
    static final long B = 0x8080_8080_8080_8080L;

    /** Sign bits of words. */
    static final long W = 0x8000_8000_8000_8000L;

    /** Sign bits of doublewords. */
    static final long D = 0x8000_0000_8000_0000L;

    private Lanes() {}

    /** Lane by lane sum, carries dropped. */
    static long add(long a, long b, long signs) {
        return (a & ~signs) + (b & ~signs) ^ (a ^ b) & signs;
    }

    /** Lane by lane difference, borrows dropped. */
    static long subtract(long a, long b, long signs) {
        return (a | signs) - (b & ~signs) ^ (a ^ ~b) & signs;
    }

    /** The sign bits of the lanes in which a is below b, both signed. */
    static long signedBelow(long a, long b, long signs) {
        return (a & ~b | ~(a ^ b) & subtract(a, b, signs)) & signs;
    }

    /** The sign bits of the lanes in which a is below b, both unsigned. */
    static long unsignedBelow(long a, long b, long signs) {
        return (~a & b | ~(a ^ b) & subtract(a, b, signs)) & signs;
    }

    /** The sign bits of the lanes in which a equals b. */
    static long equal(long a, long b, long signs) {
        long difference = a ^ b;
        return ~((difference & ~signs) + ~signs | difference) & signs;
    }

    /** Lanes of ones where the sign bit is set in bits, which has no others. */
    static long fillBytes(long bits) {
        return (bits << 1) - (bits >>> 7);
    }

    /** As {@link #fillBytes}, for words. */
    static long fillWords(long bits) {
        return (bits << 1) - (bits >>> 15);
    }

    /** As {@link #fillBytes}, for doublewords. */
    static long fillDoublewords(long bits) {
        return (bits << 1) - (bits >>> 31);
    }

    /** Bits of a where mask is set, of b elsewhere. */
    static long select(long mask, long a, long b) {
        return b ^ (a ^ b) & mask;
    }

    /** The sign bits of a signed sum's lanes that overflowed. */
    static long sumOverflow(long a, long b, long sum, long signs) {
        return ~(a ^ b) & (a ^ sum) & signs;
    }

    /** The sign bits of a signed difference's lanes that overflowed. */
    static long differenceOverflow(long a, long b, long difference, long signs) {
        return (a ^ b) & (a ^ difference) & signs;
    }

    /** A signed word of four. */
    static int word(long a, int index) {
        return (short) (a >>> (index << 4));
    }

    /** A signed byte of eight. */
    static int octet(long a, int index) {
        return (byte) (a >>> (index << 3));
    }
}
