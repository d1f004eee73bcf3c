package dev.backplane.api.part;

import java.time.Duration;

/**
 * Why a part goes on.
 *
 * @param cause what happened
 * @param away how long it was at rest on the host's clock; zero at the first start
 */
public record Resumption(Cause cause, Duration away) {
    /** What happened while the part was at rest. New causes may be added: treat an unknown one as {@link #SWAP}. */
    public enum Cause {
        /** The first start of the machine, or the start after a reset. */
        START,
        /** The machine was paused. */
        PAUSE,
        /** This part, or one beside it, was replaced. */
        SWAP,
        /** The machine was restored from a snapshot. */
        SNAPSHOT,
        /** The machine is a clone: addresses and seeds that must be unique are now shared with others. */
        CLONE,
        /** The machine came from another host. */
        MIGRATION,
        /** A plan failed and the part goes on as it was. */
        ROLLBACK
    }

    /** The first start. */
    public static final Resumption STARTED = new Resumption(Cause.START, Duration.ZERO);
}
