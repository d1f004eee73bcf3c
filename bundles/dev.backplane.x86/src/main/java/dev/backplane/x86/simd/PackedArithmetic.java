package dev.backplane.x86.simd;

import static dev.backplane.x86.simd.Lanes.B;
import static dev.backplane.x86.simd.Lanes.D;
import static dev.backplane.x86.simd.Lanes.W;

/**
 * Sums, differences, averages, signs and absolute values of packed integers, on one 64-bit half of a register. Each
 * method is the instruction of its name; the first operand is the destination's old value.
 */
public final class PackedArithmetic {
    private PackedArithmetic() {}

    public static long paddb(long a, long b) {
        return Lanes.add(a, b, B);
    }

    public static long paddw(long a, long b) {
        return Lanes.add(a, b, W);
    }

    public static long paddd(long a, long b) {
        return Lanes.add(a, b, D);
    }

    public static long paddq(long a, long b) {
        return a + b;
    }

    public static long psubb(long a, long b) {
        return Lanes.subtract(a, b, B);
    }

    public static long psubw(long a, long b) {
        return Lanes.subtract(a, b, W);
    }

    public static long psubd(long a, long b) {
        return Lanes.subtract(a, b, D);
    }

    public static long psubq(long a, long b) {
        return a - b;
    }

    public static long paddusb(long a, long b) {
        long sum = Lanes.add(a, b, B);
        return sum | Lanes.fillBytes(Lanes.unsignedBelow(sum, a, B));
    }

    public static long paddusw(long a, long b) {
        long sum = Lanes.add(a, b, W);
        return sum | Lanes.fillWords(Lanes.unsignedBelow(sum, a, W));
    }

    public static long psubusb(long a, long b) {
        return Lanes.subtract(a, b, B) & ~Lanes.fillBytes(Lanes.unsignedBelow(a, b, B));
    }

    public static long psubusw(long a, long b) {
        return Lanes.subtract(a, b, W) & ~Lanes.fillWords(Lanes.unsignedBelow(a, b, W));
    }

    public static long paddsb(long a, long b) {
        long sum = Lanes.add(a, b, B);
        return Lanes.select(Lanes.fillBytes(Lanes.sumOverflow(a, b, sum, B)), limitBytes(a), sum);
    }

    public static long paddsw(long a, long b) {
        long sum = Lanes.add(a, b, W);
        return Lanes.select(Lanes.fillWords(Lanes.sumOverflow(a, b, sum, W)), limitWords(a), sum);
    }

    public static long psubsb(long a, long b) {
        long difference = Lanes.subtract(a, b, B);
        return Lanes.select(Lanes.fillBytes(Lanes.differenceOverflow(a, b, difference, B)), limitBytes(a), difference);
    }

    public static long psubsw(long a, long b) {
        long difference = Lanes.subtract(a, b, W);
        return Lanes.select(Lanes.fillWords(Lanes.differenceOverflow(a, b, difference, W)), limitWords(a), difference);
    }

    /** The limits towards which the lanes of a saturate: the largest number, plus one where a is negative. */
    private static long limitBytes(long a) {
        return ~B + (a >>> 7 & 0x0101_0101_0101_0101L);
    }

    private static long limitWords(long a) {
        return ~W + (a >>> 15 & 0x0001_0001_0001_0001L);
    }

    public static long pavgb(long a, long b) {
        return (a | b) - ((a ^ b) >>> 1 & ~B);
    }

    public static long pavgw(long a, long b) {
        return (a | b) - ((a ^ b) >>> 1 & ~W);
    }

    public static long pabsb(long a, long b) {
        long negative = Lanes.fillBytes(b & B);
        return Lanes.subtract(b ^ negative, negative, B);
    }

    public static long pabsw(long a, long b) {
        long negative = Lanes.fillWords(b & W);
        return Lanes.subtract(b ^ negative, negative, W);
    }

    public static long pabsd(long a, long b) {
        long negative = Lanes.fillDoublewords(b & D);
        return Lanes.subtract(b ^ negative, negative, D);
    }

    public static long psignb(long a, long b) {
        long negative = Lanes.fillBytes(b & B);
        long zero = Lanes.fillBytes(Lanes.equal(b, 0, B));
        return Lanes.subtract(a ^ negative, negative, B) & ~zero;
    }

    public static long psignw(long a, long b) {
        long negative = Lanes.fillWords(b & W);
        long zero = Lanes.fillWords(Lanes.equal(b, 0, W));
        return Lanes.subtract(a ^ negative, negative, W) & ~zero;
    }

    public static long psignd(long a, long b) {
        long negative = Lanes.fillDoublewords(b & D);
        long zero = Lanes.fillDoublewords(Lanes.equal(b, 0, D));
        return Lanes.subtract(a ^ negative, negative, D) & ~zero;
    }

    /** The sum of the absolute differences of eight unsigned bytes. */
    public static long psadbw(long a, long b) {
        long below = Lanes.fillBytes(Lanes.unsignedBelow(a, b, B));
        long differences = Lanes.subtract(Lanes.select(below, b, a), Lanes.select(below, a, b), B);
        long pairs = (differences & 0x00FF_00FF_00FF_00FFL) + (differences >>> 8 & 0x00FF_00FF_00FF_00FFL);
        return pairs * 0x0001_0001_0001_0001L >>> 48;
    }
}
