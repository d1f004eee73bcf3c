package dev.backplane.kernel.internal.store;

/**
 * The steps of an update, in order. Tests kill the process behind one of them, by the system property {@value #HALT}, to see that the next
 * start has the last complete set.
 */
enum Step {
    /** The jars are in the store. */
    COPIED,
    /** The new bundles are installed beside the old ones. */
    INSTALLED,
    /** The new bundles are started; nobody uses them yet. */
    STARTED,
    /** The impact is known. */
    PLANNED,
    /** The new parts were made on trial. */
    REHEARSED,
    /** A machine has moved; once for each. */
    MOVED,
    /** The new generation is written. */
    WRITTEN,
    /** The new generation is the current one. */
    CURRENT,
    /** The old bundles are gone. */
    UNINSTALLED;

    /** Names the step behind which the process ends, as by a kill. */
    static final String HALT = "backplane.store.halt";

    private static final int KILLED = 137;

    /** Told of each step. */
    interface Listener {
        /** A step is done. */
        void reached(Step step);
    }

    /** Ends the process where it was asked for. */
    static void haltWhereAsked(Step step) {
        if (step.name().equalsIgnoreCase(System.getProperty(HALT))) {
            Runtime.getRuntime().halt(KILLED);
        }
    }
}
