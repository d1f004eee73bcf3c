package dev.backplane.kernel.internal.plan;

import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.plan.Impact.BayImpact;
import dev.backplane.kernel.internal.plan.Impact.StateMove;
import dev.backplane.kernel.internal.state.StateCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Replaces parts of one machine by those of plugins that are installed beside the old ones. The new part is made beside the old one, which
 * is at rest: until it has taken its place, whatever goes wrong lets the old one run on. Called on the machine's control thread.
 */
public final class ManagedSwap {
    private final MachineBays bays;
    private final Settlement settlement;
    private final Host host;

    /** The machine, as plans see it. */
    public interface Host {
        /** Its name. */
        String name();

        /** Where it should be. */
        Wish wish();

        /**
         * Whether a CPU backend cannot run it on this host.
         *
         * @param offer the backend
         * @return why not, one line; empty where it can
         */
        Optional<String> unfit(Offer offer);
    }

    /**
     * For one machine.
     *
     * @param bays its bays
     * @param settlement opens and closes them
     * @param host the machine
     */
    public ManagedSwap(MachineBays bays, Settlement settlement, Host host) {
        this.bays = bays;
        this.settlement = settlement;
        this.host = host;
    }

    /**
     * Finds out what a replacement would do, without touching anything.
     *
     * @param replacement which offers take over from which
     * @return the impact, with what refuses it
     */
    public Impact preview(Replacement replacement) {
        List<BayImpact> impacts = new ArrayList<>();
        for (Bay bay : bays.all()) {
            bay.offer()
                    .ifPresent(old ->
                            replacement.successorOf(old).ifPresent(next -> impacts.add(preview(bay, old, next))));
        }
        return new Impact(host.name(), impacts);
    }

    private BayImpact preview(Bay bay, Offer old, Offer next) {
        StateMove state = null;
        Optional<String> refusal;
        try {
            StateCodec from = old.codec();
            StateCodec to = next.codec();
            state = new StateMove(to.schema(), from.writes(), to.writes(), from.reads(to));
            refusal = refusal(bay, old, next);
        } catch (RuntimeException | LinkageError e) {
            refusal = Optional.of("%s failed: %s".formatted(next.plugin(), e));
        }
        if (state == null) {
            state = new StateMove("unknown", 0, 0, false);
        }
        return new BayImpact(
                bay.id(),
                bay.kind().word(),
                next.type(),
                old.plugin(),
                next.plugin(),
                bays.restingWith(bay),
                state,
                refusal);
    }

    private Optional<String> refusal(Bay bay, Offer old, Offer next) {
        StateCodec from = old.codec();
        StateCodec to = next.codec();
        if (bay.spec().version().filter(pin -> !pin.includes(next.version())).isPresent()) {
            return Optional.of("it is pinned by version: \"%s\", which leaves %s out"
                    .formatted(bay.spec().version().get(), next.plugin()));
        }
        if (!to.reads(from)) {
            return Optional.of("%s writes version %d of state %s: %s reads %s of state %s"
                    .formatted(old.plugin(), from.writes(), from.schema(), next.plugin(), to.readable(), to.schema()));
        }
        if (bay.kind() == Kind.CPU) {
            Optional<String> unfit = host.unfit(next);
            if (unfit.isPresent()) {
                return unfit;
            }
        }
        return bay.check(next);
    }

    /**
     * Tries whether the new parts go on from the states that the old ones have now.
     *
     * @param replacement which offers take over from which
     * @param perBay how long one part may take
     * @return what went wrong, if something did: nothing has moved
     */
    public SwapReport rehearse(Replacement replacement, Duration perBay) {
        throw new UnsupportedOperationException(host.name() + ": " + settlement.standing());
    }

    /**
     * Moves all bays that a replacement concerns, one after the other.
     *
     * @param replacement which offers take over from which
     * @param perBay how long one bay may take until its new part is ready
     * @return what was done
     */
    public SwapReport move(Replacement replacement, Duration perBay) {
        throw new UnsupportedOperationException(host.name());
    }
}
