package dev.backplane.x86.simd;

import dev.backplane.x86.internal.softfloat.Exceptions;

/** MIN, MAX, CMP and COMI for both formats. */
final class SseComparison {
    /** CF of RFLAGS: the first operand is less. */
    static final int LESS = 1;

    /** ZF of RFLAGS: the operands are equal. */
    static final int EQUAL = 0x40;

    /** ZF, PF and CF: one operand is a NaN. */
    static final int UNORDERED = 0x45;

    private SseComparison() {}

    /** The lesser operand; the second one if either is a NaN or both are zeros. */
    static long minimum(SseUnit u, Format f, long first, long second) {
        long a = u.operand(f, first);
        long b = u.operand(f, second);
        return compare(u, f, a, b, true) == LESS ? a : b;
    }

    /** The greater operand; the second one if either is a NaN or both are zeros. */
    static long maximum(SseUnit u, Format f, long first, long second) {
        long a = u.operand(f, first);
        long b = u.operand(f, second);
        return compare(u, f, a, b, true) == 0 ? a : b;
    }

    /** The orders for which each of the first sixteen predicates holds: bit 0 less, 1 equal, 2 greater, 3 unordered. */
    private static final int[] HOLDING = {2, 1, 3, 8, 13, 14, 12, 7, 10, 9, 11, 0, 5, 6, 4, 15};

    /** Bit n: predicate n signals quiet NaNs. */
    private static final int SIGNALING = 0x9999_6666;

    /**
     * CMPPS and its kin.
     *
     * @param predicate 0 to 31 (SDM volume 2A, table 3-1); SSE has the first eight
     */
    static boolean holds(SseUnit u, Format f, long first, long second, int predicate) {
        boolean signals = (SIGNALING >>> predicate & 1) != 0;
        int order = compare(u, f, u.operand(f, first), u.operand(f, second), signals);
        int bit = order == LESS ? 0 : order == EQUAL ? 1 : order == UNORDERED ? 3 : 2;
        return (HOLDING[predicate & 15] >> bit & 1) != 0;
    }

    /** COMISS and UCOMISS and the double forms: ZF, PF and CF. */
    static int flags(SseUnit u, Format f, long first, long second, boolean signals) {
        return compare(u, f, u.operand(f, first), u.operand(f, second), signals);
    }

    /** {@link #LESS}, {@link #EQUAL}, {@link #UNORDERED}, or 0 where the first operand is greater. */
    private static int compare(SseUnit u, Format f, long a, long b, boolean signals) {
        if (f.isNaN(a) || f.isNaN(b)) {
            if (signals || f.isSignaling(a) || f.isSignaling(b)) {
                u.raised |= Exceptions.INVALID;
            }
            return UNORDERED;
        }
        u.denormals(f, a, b);
        long x = ordered(f, a);
        long y = ordered(f, b);
        return x < y ? LESS : x == y ? EQUAL : 0;
    }

    /** A number that orders as the operand does. */
    private static long ordered(Format f, long a) {
        return f.isNegative(a) ? -f.magnitude(a) : f.magnitude(a);
    }
}
