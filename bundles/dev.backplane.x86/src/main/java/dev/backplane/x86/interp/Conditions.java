package dev.backplane.x86.interp;

import dev.backplane.x86.state.Cpu;

/** The conditions of Jcc, SETcc and CMOVcc (SDM volume 1, appendix B): the low four bits of the opcode. Odd ones are negations. */
final class Conditions {
    static final int OVERFLOW = 0;
    static final int BELOW = 1;
    static final int ZERO = 2;
    static final int BELOW_OR_EQUAL = 3;
    static final int SIGN = 4;
    static final int PARITY = 5;
    static final int LESS = 6;
    static final int LESS_OR_EQUAL = 7;

    private Conditions() {}

    /** Whether a condition holds by the flags as they are. */
    static boolean test(Cpu c, int condition) {
        boolean holds = switch (condition >> 1) {
            case OVERFLOW -> c.of();
            case BELOW -> c.cf();
            case ZERO -> c.zf();
            case BELOW_OR_EQUAL -> c.cf() | c.zf();
            case SIGN -> c.sf();
            case PARITY -> c.pf();
            case LESS -> c.sf() != c.of();
            default -> c.zf() | c.sf() != c.of();
        };
        return holds == ((condition & 1) == 0);
    }

    /** Whether a condition holds after {@code CMP a, b} with result {@code result}, all sign-extended. */
    static boolean compare(int condition, long a, long b, long result) {
        boolean holds = switch (condition >> 1) {
            case OVERFLOW -> ((a ^ b) & (a ^ result)) < 0;
            case BELOW -> Long.compareUnsigned(a, b) < 0;
            case ZERO -> a == b;
            case BELOW_OR_EQUAL -> Long.compareUnsigned(a, b) <= 0;
            case SIGN -> result < 0;
            case PARITY -> even(result);
            case LESS -> a < b;
            default -> a <= b;
        };
        return holds == ((condition & 1) == 0);
    }

    /** Whether a condition holds after a logical operation, sign-extended. */
    static boolean logic(int condition, long result) {
        boolean holds = switch (condition >> 1) {
            case OVERFLOW, BELOW -> false;
            case ZERO, BELOW_OR_EQUAL -> result == 0;
            case PARITY -> even(result);
            case SIGN, LESS -> result < 0;
            default -> result <= 0;
        };
        return holds == ((condition & 1) == 0);
    }

    private static boolean even(long result) {
        return (Long.bitCount(result & 0xFF) & 1) == 0;
    }
}
