package dev.backplane.kernel.internal.plan;

import dev.backplane.kernel.internal.bay.Bay;
import java.util.Collection;
import java.util.Set;

/**
 * What a settlement is to reach.
 *
 * @param still whether the guest stands still with its clock
 * @param rest whether all parts are at rest
 * @param leaving bays whose parts are about to go: they are at rest, and so is what stands on them where they keep no requests
 */
public record Wish(boolean still, boolean rest, Set<Bay> leaving) {
    /** Everything that can run runs. */
    public static final Wish RUN = new Wish(false, false, Set.of());

    /** Everything is at rest. */
    public static final Wish REST = new Wish(true, true, Set.of());

    /** Copies the set. */
    public Wish {
        leaving = Set.copyOf(leaving);
    }

    /**
     * The same, but for bays whose parts are about to go.
     *
     * @param bays those bays
     * @return a new wish
     */
    public Wish without(Collection<Bay> bays) {
        return new Wish(still, rest, Set.copyOf(bays));
    }
}
