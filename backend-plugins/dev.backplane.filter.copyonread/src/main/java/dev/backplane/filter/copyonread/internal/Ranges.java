package dev.backplane.filter.copyonread.internal;

import dev.backplane.image.BusyRanges;

/**
 * The ranges that are being changed. A copy begins only where nothing else is under way, and what changes the range waits until it is over: so no
 * copy comes after a newer write. Changes do not wait for each other. Any thread; allocates nothing in the steady state.
 */
final class Ranges {
    private final BusyRanges changes = new BusyRanges(this);
    private final BusyRanges copies = new BusyRanges(this);

    /** Begins a change, when no copy is under way there. */
    synchronized void change(long begin, long end) {
        copies.await(begin, end);
        changes.add(begin, end);
    }

    /** The change is over. */
    void changed(long begin, long end) {
        changes.remove(begin, end);
    }

    /** Begins a copy, unless something is under way there. */
    synchronized boolean copy(long begin, long end) {
        boolean free = copies.isFree(begin, end) && changes.isFree(begin, end);
        if (free) {
            copies.add(begin, end);
        }
        return free;
    }

    /** The copy is over. */
    void copied(long begin, long end) {
        copies.remove(begin, end);
    }
}
