package dev.backplane.x86.oracle;

import dev.backplane.x86.oracle.Laboratory.Trial;

/** Results that need not be the same to the last bit. */
final class Precision {
    private static final int C1 = 1 << 9;
    private static final double ESTIMATE = 1.5 / 4096;

    private Precision() {}

    /** x87 results that are one unit of the last place apart, and the direction of their rounding. */
    static boolean lastPlace(OracleState from, OracleState to) {
        boolean differs = ((from.fsw() ^ to.fsw()) & C1) != 0;
        to.fsw(to.fsw() & ~C1 | from.fsw() & C1);
        for (int n = 0; n < 8; n++) {
            long distance =
                    distance(from.stMantissa(n), from.stSignExponent(n), to.stMantissa(n), to.stSignExponent(n));
            if (distance == 1) {
                to.st(n, from.stMantissa(n), from.stSignExponent(n));
                differs = true;
            }
        }
        return differs;
    }

    private static long distance(long a, int aSe, long b, int bSe) {
        if ((aSe ^ bSe) > 0x7FFF) {
            return Long.MAX_VALUE;
        }
        return switch (aSe - bSe) {
            case 0 -> Math.abs(a - b);
            case 1 -> a == Long.MIN_VALUE && b == -1 ? 1 : Long.MAX_VALUE;
            case -1 -> b == Long.MIN_VALUE && a == -1 ? 1 : Long.MAX_VALUE;
            default -> Long.MAX_VALUE;
        };
    }

    /** Elements of the destination that are both good estimates of the true value. */
    static boolean estimate(Trial t) {
        int register = t.insn().reg;
        OracleState from = t.silicon();
        OracleState to = t.interpreter();
        long low = half(from.xmmLow(register), to.xmmLow(register));
        long high = half(from.xmmHigh(register), to.xmmHigh(register));
        boolean differs = low != to.xmmLow(register) || high != to.xmmHigh(register);
        to.xmm(register, low, high);
        for (int n = 2 * register; n < 2 * register + 2; n++) {
            long upper = half(from.ymm[n], to.ymm[n]);
            differs |= upper != to.ymm[n];
            to.ymm[n] = upper;
        }
        return differs;
    }

    private static long half(long expected, long actual) {
        long low = element((int) expected, (int) actual) & 0xFFFF_FFFFL;
        return low | (long) element((int) (expected >>> 32), (int) (actual >>> 32)) << 32;
    }

    /** Two estimates within the bound of one value are within twice the bound of each other. */
    private static int element(int expected, int actual) {
        double a = Float.intBitsToFloat(expected);
        double b = Float.intBitsToFloat(actual);
        boolean close = Double.isFinite(a) && Math.abs(a - b) <= 2 * ESTIMATE * Math.abs(a) * (1 + ESTIMATE);
        return close && expected != actual ? expected : actual;
    }
}
