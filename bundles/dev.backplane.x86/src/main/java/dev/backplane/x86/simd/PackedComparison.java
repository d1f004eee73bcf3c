package dev.backplane.x86.simd;

import static dev.backplane.x86.simd.Lanes.B;
import static dev.backplane.x86.simd.Lanes.D;
import static dev.backplane.x86.simd.Lanes.W;

/** Comparisons, minima, maxima and bitwise operations of packed integers, on one 64-bit half of a register. */
public final class PackedComparison {
    private PackedComparison() {}

    public static long pcmpeqb(long a, long b) {
        return Lanes.fillBytes(Lanes.equal(a, b, B));
    }

    public static long pcmpeqw(long a, long b) {
        return Lanes.fillWords(Lanes.equal(a, b, W));
    }

    public static long pcmpeqd(long a, long b) {
        return Lanes.fillDoublewords(Lanes.equal(a, b, D));
    }

    public static long pcmpeqq(long a, long b) {
        return a == b ? -1 : 0;
    }

    public static long pcmpgtb(long a, long b) {
        return Lanes.fillBytes(Lanes.signedBelow(b, a, B));
    }

    public static long pcmpgtw(long a, long b) {
        return Lanes.fillWords(Lanes.signedBelow(b, a, W));
    }

    public static long pcmpgtd(long a, long b) {
        return Lanes.fillDoublewords(Lanes.signedBelow(b, a, D));
    }

    public static long pcmpgtq(long a, long b) {
        return a > b ? -1 : 0;
    }

    public static long pminub(long a, long b) {
        return Lanes.select(Lanes.fillBytes(Lanes.unsignedBelow(a, b, B)), a, b);
    }

    public static long pminuw(long a, long b) {
        return Lanes.select(Lanes.fillWords(Lanes.unsignedBelow(a, b, W)), a, b);
    }

    public static long pminud(long a, long b) {
        return Lanes.select(Lanes.fillDoublewords(Lanes.unsignedBelow(a, b, D)), a, b);
    }

    public static long pminsb(long a, long b) {
        return Lanes.select(Lanes.fillBytes(Lanes.signedBelow(a, b, B)), a, b);
    }

    public static long pminsw(long a, long b) {
        return Lanes.select(Lanes.fillWords(Lanes.signedBelow(a, b, W)), a, b);
    }

    public static long pminsd(long a, long b) {
        return Lanes.select(Lanes.fillDoublewords(Lanes.signedBelow(a, b, D)), a, b);
    }

    public static long pmaxub(long a, long b) {
        return Lanes.select(Lanes.fillBytes(Lanes.unsignedBelow(a, b, B)), b, a);
    }

    public static long pmaxuw(long a, long b) {
        return Lanes.select(Lanes.fillWords(Lanes.unsignedBelow(a, b, W)), b, a);
    }

    public static long pmaxud(long a, long b) {
        return Lanes.select(Lanes.fillDoublewords(Lanes.unsignedBelow(a, b, D)), b, a);
    }

    public static long pmaxsb(long a, long b) {
        return Lanes.select(Lanes.fillBytes(Lanes.signedBelow(a, b, B)), b, a);
    }

    public static long pmaxsw(long a, long b) {
        return Lanes.select(Lanes.fillWords(Lanes.signedBelow(a, b, W)), b, a);
    }

    public static long pmaxsd(long a, long b) {
        return Lanes.select(Lanes.fillDoublewords(Lanes.signedBelow(a, b, D)), b, a);
    }

    public static long pand(long a, long b) {
        return a & b;
    }

    public static long pandn(long a, long b) {
        return ~a & b;
    }

    public static long por(long a, long b) {
        return a | b;
    }

    public static long pxor(long a, long b) {
        return a ^ b;
    }

    /** The sign bits of eight bytes as a number of eight bits. */
    public static int pmovmskb(long a) {
        return (int) ((a & B) * 0x0002_0408_1020_4081L >>> 56);
    }
}
