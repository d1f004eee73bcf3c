package dev.backplane.kernel.internal.plan;

import java.util.List;
import java.util.Optional;

/**
 * What has come of a managed swap, or of its rehearsal, on one machine.
 *
 * @param vm the machine
 * @param moves what was done, in order; after a failure also the way back of what had moved before
 * @param failure why it failed, one paragraph that says what became of the bays; empty where everything has moved
 */
public record SwapReport(String vm, List<Move> moves, Optional<String> failure) {
    /** Copies the list. */
    public SwapReport {
        moves = List.copyOf(moves);
    }

    /** What became of a bay. */
    public enum Outcome {
        /** The new part runs, or its rehearsal went well. */
        MOVED,
        /** Something failed before the new part's first resume: the old one runs on. */
        ROLLED_BACK,
        /**
         * The old part did not come to rest and was fenced: the new one has taken its place, and its requests; in a rehearsal another one
         * of the old plugin has, and the new one could not be tried.
         */
        FENCED,
        /** It failed when there was no way back any more: the bay's note says how it stands. */
        FAILED
    }

    /**
     * A swap of one bay.
     *
     * @param bay the bay's identifier
     * @param from symbolic name and version of the plugin whose part sat there
     * @param to those of its successor's
     * @param outcome what became of it
     * @param gateClosedNanos from the closing of the first gate to the opening of the last one, {@link System#nanoTime}; 0 where none
     *     was closed
     */
    public record Move(String bay, String from, String to, Outcome outcome, long gateClosedNanos) {}

    /**
     * Whether everything has moved.
     *
     * @return false where the machine is, as far as it could be had, as it was
     */
    public boolean succeeded() {
        return failure.isEmpty();
    }
}
