package dev.backplane.kernel.internal.plan;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
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
        /** In a rehearsal: the part has requests that it does not answer, so that it would not come to rest. Nothing was touched or tried. */
        UNTRIED,
        /** The part was lost: there was no way back any more, or the old one could not go on. What the bay has now is told with the failure. */
        FAILED
    }

    /**
     * A swap of one bay.
     *
     * @param bay the bay's identifier
     * @param from symbolic name and version of the plugin whose part sat there
     * @param to those of its successor's
     * @param outcome what became of it
     * @param inFlight what the machine's disks had still to answer when the first gate was about to close, a word for each request
     * @param phases what the time was spent on while a gate was closed, nanoseconds of {@link System#nanoTime}, in order
     */
    public record Move(
            String bay, String from, String to, Outcome outcome, List<String> inFlight, Map<Phase, Long> phases) {
        /** Copies the collections. */
        public Move {
            inFlight = List.copyOf(inFlight);
            phases = Collections.unmodifiableMap(new EnumMap<>(phases));
        }

        /**
         * How long a gate was closed.
         *
         * @return from the closing of the first gate to the opening of the last one, {@link System#nanoTime}
         */
        public long gateClosedNanos() {
            return phases.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    /** What is done while a gate is closed. */
    public enum Phase {
        /** The vCPUs come out of the bay's handlers, and its part and what stands on it come to rest. */
        QUIESCE,
        /** The old part saves its state. */
        SAVE,
        /** The new part is made from it, and asked for its health. */
        RESTORE,
        /** The place changes hands. */
        HAND_OVER,
        /** The new part and what stands on it go on. */
        RESUME
    }

    /**
     * Whether everything has moved.
     *
     * @return false where the machine is, as far as it could be had, as it was
     */
    public boolean succeeded() {
        return failure.isEmpty();
    }
}
