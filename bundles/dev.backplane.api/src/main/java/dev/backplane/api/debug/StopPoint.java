package dev.backplane.api.debug;

/**
 * A break- or watchpoint. The guest cannot see it: nothing is written to its memory or its debug registers.
 *
 * @param kind what stops the guest there
 * @param address the linear address
 * @param length how many bytes are watched, from 1; 1 for {@link Kind#EXECUTE}
 */
public record StopPoint(Kind kind, long address, int length) {
    /** What stops the guest. */
    public enum Kind {
        /** The instruction at the address is about to be executed. */
        EXECUTE,
        /** A byte was written. */
        WRITE,
        /** A byte was read. */
        READ,
        /** A byte was read or written. */
        ACCESS
    }

    /** Checks the length. */
    public StopPoint {
        if (length < 1) {
            throw new IllegalArgumentException("length " + length + ": at least 1 was expected");
        }
    }
}
