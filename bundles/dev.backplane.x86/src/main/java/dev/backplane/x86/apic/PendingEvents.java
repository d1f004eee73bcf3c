package dev.backplane.x86.apic;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** What reached a vCPU beside vectors: latched NMI, INIT and start-up, and the levels of its two pins. Any thread. */
final class PendingEvents {
    private static final int NMI = 1;
    private static final int INIT = 1 << 1;
    private static final int STARTUP = 1 << 2;
    private static final int INTR_PIN = 1 << 3;
    private static final int NMI_PIN = 1 << 4;
    private static final int EXTINT_MESSAGE = 1 << 5;
    private static final int VECTOR_SHIFT = 8;
    private static final int VECTOR_MASK = 0xff << VECTOR_SHIFT;
    private static final VarHandle BITS;

    static {
        try {
            BITS = MethodHandles.lookup().findVarHandle(PendingEvents.class, "bits", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile int bits;

    void nmi() {
        BITS.getAndBitwiseOr(this, NMI);
    }

    boolean nmiPending() {
        return (bits & NMI) != 0;
    }

    boolean takeNmi() {
        return take(NMI);
    }

    /** An INIT forgets a start-up that came before it. */
    void init() {
        int old;
        do {
            old = bits;
        } while (!BITS.compareAndSet(this, old, old & ~(STARTUP | VECTOR_MASK) | INIT));
    }

    boolean initPending() {
        return (bits & INIT) != 0;
    }

    boolean takeInit() {
        return take(INIT);
    }

    /** The first start-up after an INIT counts; whether the vCPU waits for one is its own affair. */
    void startUp(int vector) {
        int old;
        do {
            old = bits;
            if ((old & STARTUP) != 0) {
                return;
            }
        } while (!BITS.compareAndSet(this, old, old & ~VECTOR_MASK | STARTUP | (vector & 0xff) << VECTOR_SHIFT));
    }

    boolean startUpPending() {
        return (bits & STARTUP) != 0;
    }

    /** The start-up's vector, or -1 if none is pending. */
    int takeStartUp() {
        int old;
        do {
            old = bits;
            if ((old & STARTUP) == 0) {
                return -1;
            }
        } while (!BITS.compareAndSet(this, old, old & ~(STARTUP | VECTOR_MASK)));
        return (old & VECTOR_MASK) >>> VECTOR_SHIFT;
    }

    /** Returns whether the pin rose. */
    boolean setIntrPin(boolean high) {
        return setPin(INTR_PIN, high);
    }

    boolean intrPin() {
        return (bits & INTR_PIN) != 0;
    }

    /** Returns whether the pin rose. */
    boolean setNmiPin(boolean high) {
        return setPin(NMI_PIN, high);
    }

    void extIntMessage() {
        BITS.getAndBitwiseOr(this, EXTINT_MESSAGE);
    }

    boolean extIntMessagePending() {
        return (bits & EXTINT_MESSAGE) != 0;
    }

    boolean takeExtIntMessage() {
        return take(EXTINT_MESSAGE);
    }

    private boolean setPin(int bit, boolean high) {
        int old = high ? (int) BITS.getAndBitwiseOr(this, bit) : (int) BITS.getAndBitwiseAnd(this, ~bit);
        return high && (old & bit) == 0;
    }

    private boolean take(int bit) {
        return (bits & bit) != 0 && ((int) BITS.getAndBitwiseAnd(this, ~bit) & bit) != 0;
    }

    /** Forgets all but the levels of the pins. */
    void clearMessages() {
        BITS.getAndBitwiseAnd(this, INTR_PIN | NMI_PIN);
    }
}
