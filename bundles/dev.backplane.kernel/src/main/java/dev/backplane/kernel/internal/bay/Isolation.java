package dev.backplane.kernel.internal.bay;

import java.util.ArrayList;
import java.util.List;

/**
 * Whether a machine's networks are cut off: the guest of a clone has random numbers that others have too, and is not to speak before it has
 * made its own. Ends once, for good. Callable on any thread.
 */
public final class Isolation {
    private final List<Runnable> waiting = new ArrayList<>();
    private volatile boolean on;

    /**
     * An isolation.
     *
     * @param on whether networks are cut off at first
     */
    public Isolation(boolean on) {
        this.on = on;
    }

    boolean isOn() {
        return on;
    }

    /** Has somebody told of the end, if that is still to come. Must not block. */
    synchronized void await(Runnable opened) {
        if (on) {
            waiting.add(opened);
        }
    }

    /**
     * Connects the networks.
     *
     * @return whether they were cut off
     */
    public synchronized boolean end() {
        boolean was = on;
        on = false;
        waiting.forEach(Runnable::run);
        waiting.clear();
        return was;
    }
}
