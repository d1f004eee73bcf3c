package dev.backplane.x86.apic;

import java.util.concurrent.atomic.AtomicInteger;

/** The error status register (12.5.3): errors gather, and a write to the register shows them. Any thread may report. */
final class ErrorStatus {
    static final int SEND_ILLEGAL_VECTOR = 1 << 5;
    static final int RECEIVE_ILLEGAL_VECTOR = 1 << 6;
    static final int ILLEGAL_REGISTER = 1 << 7;

    private final AtomicInteger gathered = new AtomicInteger();
    private int shown;

    /** Returns whether this error was not there yet, so that the error interrupt is due. */
    boolean report(int error) {
        return (gathered.getAndAccumulate(error, (a, b) -> a | b) & error) == 0;
    }

    void latch() {
        shown = gathered.getAndSet(0);
    }

    int shown() {
        return shown;
    }

    void load(int saved) {
        gathered.set(0);
        shown = saved;
    }
}
