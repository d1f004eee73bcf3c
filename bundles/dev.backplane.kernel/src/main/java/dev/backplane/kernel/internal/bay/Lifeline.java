package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.RevokedException;

/** What every object of one generation of a part hangs on. Cut once, by the kernel. */
final class Lifeline {
    private final String part;
    private volatile boolean cut;
    private volatile boolean resting;

    Lifeline(String part) {
        this.part = part;
    }

    /** Called first by everything that a part may call. */
    void check() {
        if (cut) {
            throw new RevokedException(part);
        }
    }

    boolean isCut() {
        return cut;
    }

    void cut() {
        cut = true;
    }

    /** Whether the part, or what stands on it, comes to rest: it gets its requests back where nobody can answer them. */
    boolean isResting() {
        return resting;
    }

    void rest(boolean rests) {
        resting = rests;
    }
}
