package dev.backplane.kernel.internal.plan;

import java.util.List;
import java.util.Optional;

/**
 * What a managed swap would do to one machine, found out without touching anything.
 *
 * @param vm the machine
 * @param bays the bays whose parts are replaced, from the top down; none where the machine uses none of them
 */
public record Impact(String vm, List<BayImpact> bays) {
    /** Copies the list. */
    public Impact {
        bays = List.copyOf(bays);
    }

    /**
     * What it would do to one bay.
     *
     * @param bay the bay's identifier
     * @param kind what people call its kind
     * @param type what the new part's plugin calls it
     * @param from symbolic name and version of the plugin whose part sits there
     * @param to those of its successor's
     * @param pauses the bays that are at rest meanwhile, this one first; of the engine: {@code the guest} too
     * @param state what moves
     * @param refusal why it cannot be done, one sentence; empty where it can
     */
    public record BayImpact(
            String bay,
            String kind,
            String type,
            String from,
            String to,
            List<String> pauses,
            StateMove state,
            Optional<String> refusal) {
        /** Copies the list. */
        public BayImpact {
            pauses = List.copyOf(pauses);
        }
    }

    /**
     * The state that moves from the old part to the new one.
     *
     * @param schema what its fields mean
     * @param from the version that the old part writes
     * @param to the version that the new part writes
     * @param wayBack whether the old part reads what the new one writes: a second swap can go back
     */
    public record StateMove(String schema, int from, int to, boolean wayBack) {
        @Override
        public String toString() {
            return "%s/%d -> %s/%d".formatted(schema, from, schema, to);
        }
    }

    /**
     * Why it cannot be done.
     *
     * @return one sentence a bay that refuses, behind the bay's name
     */
    public List<String> refusals() {
        return bays.stream()
                .flatMap(each -> each.refusal().stream().map(why -> vm + "/" + each.bay() + ": " + why))
                .toList();
    }

    /**
     * Whether a second swap can go back after the commit.
     *
     * @return false where one bay's old part does not read what its new one writes
     */
    public boolean hasWayBack() {
        return bays.stream().allMatch(each -> each.state().wayBack());
    }
}
