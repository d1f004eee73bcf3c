package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.RevokedException;

/** What every object of one generation of a part hangs on. Cut once, by the kernel. */
final class Lifeline {
    private final String part;
    private volatile boolean cut;

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
}
