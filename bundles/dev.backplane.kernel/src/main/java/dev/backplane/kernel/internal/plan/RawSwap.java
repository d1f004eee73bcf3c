package dev.backplane.kernel.internal.plan;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption.Cause;
import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.bay.BayState;
import dev.backplane.kernel.internal.bay.PartCall;
import dev.backplane.kernel.internal.state.EncodedState;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Takes parts out because their plugin goes, without a successor at hand: their state is kept for whoever comes. */
public final class RawSwap {
    private static final Duration SAVE = Duration.ofSeconds(1);

    private final Settlement settlement;

    /**
     * For one machine.
     *
     * @param settlement opens and closes its bays
     */
    public RawSwap(Settlement settlement) {
        this.settlement = settlement;
    }

    /**
     * Empties bays. When this returns the kernel holds nothing of their parts; those that did not come to rest in time are
     * fenced.
     *
     * @param leaving the bays
     * @param wish where the machine should be otherwise
     * @param deadline for all parts to come to rest
     * @param why for people
     */
    public void vacate(List<Bay> leaving, Wish wish, Deadline deadline, String why) {
        settlement.settle(wish.without(leaving), Cause.SWAP, deadline);
        Map<Bay, PartCall<EncodedState>> saves = new LinkedHashMap<>();
        for (Bay bay : leaving) {
            if (bay.state() == BayState.QUIESCED) {
                saves.put(bay, bay.beginSave());
            } else if (bay.offer().isPresent()) {
                // A vCPU that does not come out keeps the engine from being at rest.
                bay.fence("it did not come to rest", false);
            }
        }
        Deadline saved = Deadline.in(SAVE);
        saves.forEach((bay, save) -> bay.vacate(save, saved, why));
    }
}
