package dev.backplane.kernel.internal.plan;

import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.plan.Impact.BayImpact;
import dev.backplane.kernel.internal.plan.Impact.StateMove;
import dev.backplane.kernel.internal.plan.SwapReport.Move;
import dev.backplane.kernel.internal.plan.SwapReport.Outcome;
import dev.backplane.kernel.internal.state.StateCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Replaces parts of one machine by those of plugins that are installed beside the old ones. The new part is made beside the old one, which
 * is at rest: until it has taken its place, whatever goes wrong lets the old one run on. Called on the machine's control thread.
 */
public final class ManagedSwap {
    /** How long what has to come to rest may take where a gate is opened again; nothing has, as a rule. */
    static final Duration OPEN = Duration.ofSeconds(2);

    /** How long a part that is only tried may take: its classes may have to be loaded, and nobody waits for it but who asked. */
    static final Duration REHEARSAL = Duration.ofSeconds(30);

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

        /**
         * A plan begins to touch it.
         *
         * @param what for people
         */
        void begins(String what);

        /**
         * A bay has another part now, perhaps, and everything that it concerns is still at rest.
         *
         * @param bay the bay
         */
        void replaced(Bay bay);

        /** The plan is over: what is empty may be filled. */
        void ended();
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
        if (next.type().equals(bay.spec().type())
                && bay.spec()
                        .version()
                        .filter(pin -> !pin.includes(next.version()))
                        .isPresent()) {
            return Optional.of("it is pinned by version: \"%s\", which leaves %s out"
                    .formatted(bay.spec().version().get(), next.plugin()));
        }
        boolean anew = bay.kind().isOutside() && !to.schema().equals(from.schema());
        if (!anew && !to.reads(from)) {
            return Optional.of("%s writes version %d of state %s: %s reads %s of state %s"
                    .formatted(old.plugin(), from.writes(), from.schema(), next.plugin(), to.readable(), to.schema()));
        }
        if (bay.kind() == Kind.CPU) {
            Optional<String> unfit = host.unfit(next);
            if (unfit.isPresent()) {
                return unfit;
            }
        }
        return bay.succession(next).check();
    }

    /**
     * Tries whether the new parts go on from the states that the old ones have now. Each bay comes to rest for as long as it takes to save
     * its part; then the new one is made apart from the machine.
     *
     * @param replacement which offers take over from which
     * @param perBay how long one old part may take to come to rest and save
     * @return what went wrong, if something did: nothing has moved
     */
    public SwapReport rehearse(Replacement replacement, Duration perBay) {
        Optional<String> refusal = refusal(replacement);
        List<Move> done = new ArrayList<>();
        if (refusal.isPresent()) {
            return new SwapReport(host.name(), done, refusal);
        }
        host.begins("a replacement is rehearsed");
        for (Bay bay : concerned(replacement)) {
            Optional<Offer> next = successor(replacement, bay);
            if (next.isEmpty()) {
                continue;
            }
            BayMove.Result result = new BayMove(bays, settlement, host, bay, next.get(), perBay).rehearse();
            done.add(result.move());
            if (result.failure().isPresent()) {
                return failed(
                        done, bay, result, result.move().outcome() == Outcome.FAILED ? "" : "Nothing was changed.");
            }
        }
        return ended(done);
    }

    /**
     * Moves all bays that a replacement concerns, one after the other. Where one fails those before it are moved back, as far as the old
     * parts read what the new ones write.
     *
     * @param replacement which offers take over from which
     * @param perBay how long one bay may take until its new part is ready
     * @return what was done
     */
    public SwapReport move(Replacement replacement, Duration perBay) {
        Optional<String> refusal = refusal(replacement);
        List<Move> done = new ArrayList<>();
        if (refusal.isPresent()) {
            return new SwapReport(host.name(), done, refusal);
        }
        host.begins("parts are replaced");
        List<Bay> moved = new ArrayList<>();
        for (Bay bay : concerned(replacement)) {
            Optional<Offer> next = successor(replacement, bay);
            if (next.isEmpty()) {
                // It has lost its part meanwhile, and gets one as every empty bay does.
                continue;
            }
            BayMove.Result result = new BayMove(bays, settlement, host, bay, next.get(), perBay).move();
            done.add(result.move());
            if (result.failure().isPresent()) {
                String rest = moved.reversed().stream()
                        .map(each -> back(each, replacement.reversed(), perBay, done))
                        .collect(Collectors.joining(" "));
                return failed(done, bay, result, rest);
            }
            moved.add(bay);
        }
        return ended(done);
    }

    /**
     * Makes the part of one bay anew.
     *
     * @param bay the bay, which holds a part
     * @param next whose part it gets: the same offer's, or another's
     * @param time until the new part is ready
     * @return what was done
     */
    public SwapReport renew(Bay bay, Offer next, Duration time) {
        host.begins(bay.id() + " gets another part");
        BayMove.Result result = new BayMove(bays, settlement, host, bay, next, time).move();
        return result.failure().isEmpty()
                ? ended(List.of(result.move()))
                : failed(List.of(result.move()), bay, result, "");
    }

    /** Moves a bay back that had moved. Returns a sentence about it. */
    private String back(Bay bay, Replacement back, Duration perBay, List<Move> done) {
        Offer next = bay.offer().orElse(null);
        Offer old = next == null ? null : back.successorOf(next).orElse(null);
        if (next == null || old == null) {
            return "%s had moved, and is %s: %s.".formatted(bay.id(), bay.state(), bay.note());
        }
        if (!old.codec().reads(next.codec())) {
            return "%s has moved and stays with %s, as %s does not read what that writes."
                    .formatted(bay.id(), next.plugin(), old.plugin());
        }
        BayMove.Result result = new BayMove(bays, settlement, host, bay, old, perBay).move();
        done.add(result.move());
        return result.failure()
                .map(why -> "%s had moved and could not be moved back: %s.".formatted(bay.id(), why))
                .orElse("%s had moved, and has been moved back.".formatted(bay.id()));
    }

    private List<Bay> concerned(Replacement replacement) {
        return bays.all().stream()
                .filter(bay -> successor(replacement, bay).isPresent())
                .toList();
    }

    private static Optional<Offer> successor(Replacement replacement, Bay bay) {
        return bay.offer().flatMap(replacement::successorOf);
    }

    private Optional<String> refusal(Replacement replacement) {
        List<String> refusals = preview(replacement).refusals();
        return refusals.isEmpty()
                ? Optional.empty()
                : Optional.of("%s. Nothing was touched.".formatted(String.join("; ", refusals)));
    }

    private SwapReport ended(List<Move> done) {
        host.ended();
        return new SwapReport(host.name(), done, Optional.empty());
    }

    /** What became of the bay shows when empty ones have been filled. */
    private SwapReport failed(List<Move> done, Bay bay, BayMove.Result result, String rest) {
        host.ended();
        String became = became(bay, result);
        return new SwapReport(host.name(), done, Optional.of(rest.isEmpty() ? became : became + " " + rest));
    }

    private String became(Bay bay, BayMove.Result result) {
        Move move = result.move();
        String id = host.name() + "/" + move.bay();
        String why = result.failure().orElseThrow();
        Offer now = bay.offer().orElse(null);
        if (now == null) {
            return "%s has lost its part when %s was to take over from %s: %s%s."
                    .formatted(id, move.to(), move.from(), why, why.equals(bay.note()) ? "" : "; then: " + bay.note());
        }
        return switch (move.outcome()) {
            case ROLLED_BACK ->
                "%s stays with %s: %s cannot take over: %s. The old part goes on as it was."
                        .formatted(id, move.from(), move.to(), why);
            case FENCED ->
                "%s has %s anew: the part there did not come to rest, and %s cannot take over: %s."
                        .formatted(id, now.plugin(), move.to(), why);
            case FAILED ->
                "%s has %s anew: %s was to take over from %s, and the part there was lost: %s."
                        .formatted(id, now.plugin(), move.to(), move.from(), why);
            case MOVED, UNTRIED -> "%s: %s.".formatted(id, why);
        };
    }
}
