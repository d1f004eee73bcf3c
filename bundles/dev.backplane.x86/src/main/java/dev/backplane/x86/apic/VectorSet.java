package dev.backplane.x86.apic;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** 256 interrupt vectors as atomic bits: IRR, ISR and TMR have this form. Any thread may call; nothing allocates. */
final class VectorSet {
    private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] words = new long[4];

    void set(int vector) {
        WORDS.getAndBitwiseOr(words, vector >>> 6, 1L << vector);
    }

    void clear(int vector) {
        WORDS.getAndBitwiseAnd(words, vector >>> 6, ~(1L << vector));
    }

    boolean contains(int vector) {
        return ((long) WORDS.getVolatile(words, vector >>> 6) >>> vector & 1) != 0;
    }

    /** The highest vector, which is the one of the highest priority, or -1. */
    int highest() {
        for (int i = 3; i >= 0; i--) {
            long word = (long) WORDS.getVolatile(words, i);
            if (word != 0) {
                return (i << 6) + 63 - Long.numberOfLeadingZeros(word);
            }
        }
        return -1;
    }

    /** The 32 vectors that register {@code index} (0-7) of the three register banks shows. */
    int register(int index) {
        return (int) ((long) WORDS.getVolatile(words, index >>> 1) >>> ((index & 1) << 5));
    }

    void clearAll() {
        for (int i = 0; i < 4; i++) {
            WORDS.setVolatile(words, i, 0L);
        }
    }
}
