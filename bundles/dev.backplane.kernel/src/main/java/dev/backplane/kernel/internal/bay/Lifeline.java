package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.RevokedException;

/** What every object of one generation of a part hangs on. Cut once, by the kernel. */
final class Lifeline {
    /** What the part may do outside. */
    private enum Stand {
        /** Everything. */
        IN_PLACE,
        /** Nothing: another part has its place, or has it still. */
        APART,
        /** It may not even ask. */
        CUT
    }

    private final String part;
    private volatile Stand stand = Stand.IN_PLACE;
    /** Counts the changes of {@link #isResting}: odd while it rests. */
    private volatile int turns;

    Lifeline(String part) {
        this.part = part;
    }

    /** Called first by everything that a part may call. */
    void check() {
        if (stand == Stand.CUT) {
            throw new RevokedException(part);
        }
    }

    /** The same, by what would be seen outside: false where it is to have no effect. */
    boolean acts() {
        Stand now = stand;
        if (now == Stand.CUT) {
            throw new RevokedException(part);
        }
        return now == Stand.IN_PLACE;
    }

    /** Whether the part is made beside the one whose place it is to take, or has lost its place to another. */
    boolean isApart() {
        return stand == Stand.APART;
    }

    /** Called where it is not cut, by the one thread that also cuts it. */
    void apart(boolean isSo) {
        stand = isSo ? Stand.APART : Stand.IN_PLACE;
    }

    boolean isCut() {
        return stand == Stand.CUT;
    }

    void cut() {
        stand = Stand.CUT;
    }

    /** Whether the part, or what stands on it, comes to rest: it gets its requests back where nobody can answer them. */
    boolean isResting() {
        return (turns & 1) != 0;
    }

    /** Tells one moment from another, for {@link #hasRested}. */
    int turns() {
        return turns;
    }

    /** Whether it has been resting at some time since a moment. */
    boolean hasRested(int since) {
        return (since & 1) != 0 || turns != since;
    }

    /** Called by the one thread that also cuts it. */
    void rest(boolean rests) {
        if (rests != isResting()) {
            turns++;
        }
    }
}
