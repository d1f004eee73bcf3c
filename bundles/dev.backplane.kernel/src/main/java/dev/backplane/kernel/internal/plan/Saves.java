package dev.backplane.kernel.internal.plan;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.state.StateException;
import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.bay.BayState;
import dev.backplane.kernel.internal.bay.PartCall;
import dev.backplane.kernel.internal.state.EncodedState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Has parts at rest say their state, all at the same time; they stay. */
public final class Saves {
    private Saves() {}

    /**
     * The states of bays. One whose part is away counts with the state that is kept for its successor; one that is not needed and has none is left out.
     *
     * @param bays bays at rest
     * @param deadline for all of them
     * @return the states, in the order of the bays
     * @throws StateException when one has none: names the bay
     */
    public static Map<Bay, EncodedState> of(List<Bay> bays, Deadline deadline) throws StateException {
        Map<Bay, PartCall<EncodedState>> calls = new LinkedHashMap<>();
        for (Bay bay : bays) {
            if (bay.state() == BayState.QUIESCED) {
                calls.put(bay, bay.beginSave());
            }
        }
        Map<Bay, EncodedState> states = new LinkedHashMap<>();
        for (Bay bay : bays) {
            PartCall<EncodedState> call = calls.get(bay);
            if (call != null || bay.kind().isNeeded() || bay.kept().isPresent()) {
                states.put(bay, call == null ? kept(bay) : saved(bay, call, deadline));
            }
        }
        return states;
    }

    private static EncodedState kept(Bay bay) throws StateException {
        return bay.kept()
                .orElseThrow(() -> new StateException("%s is %s and has no state that could be kept: %s"
                        .formatted(bay.id(), bay.state(), bay.note())));
    }

    private static EncodedState saved(Bay bay, PartCall<EncodedState> call, Deadline deadline) throws StateException {
        if (!call.await(deadline)) {
            throw new StateException(bay.id() + ": save has not returned in time");
        }
        return call.value()
                .orElseThrow(() -> new StateException(
                        bay.id() + ": save: " + call.failure().orElse("it saved nothing")));
    }
}
