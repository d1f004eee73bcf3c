package dev.backplane.kernel.internal.plan;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption.Cause;
import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.bay.BayState;
import dev.backplane.kernel.internal.bay.PartCall;
import dev.backplane.kernel.internal.bay.Succession;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.plan.SwapReport.Move;
import dev.backplane.kernel.internal.plan.SwapReport.Outcome;
import dev.backplane.kernel.internal.plan.SwapReport.Phase;
import dev.backplane.kernel.internal.state.EncodedState;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Moves one bay from one part to another, once. */
final class BayMove {
    private static final Duration FLUSH_PATIENCE = Duration.ofMillis(200);

    private final Settlement settlement;
    private final ManagedSwap.Host host;
    private final Bay bay;
    private final Offer old;
    private final Offer next;
    private final PartSpec asked;
    private final Succession succession;
    private final Duration time;
    private Deadline deadline;
    private final MachineBays bays;
    private final Map<Phase, Long> phases = new EnumMap<>(Phase.class);
    private List<String> inFlight = List.of();
    private long phaseBegan;

    /**
     * Of the part that sits in a bay.
     *
     * @param time until the new part is ready
     */
    BayMove(MachineBays bays, Settlement settlement, ManagedSwap.Host host, Bay bay, Offer next, Duration time) {
        this.bays = bays;
        this.settlement = settlement;
        this.host = host;
        this.bay = bay;
        this.old = bay.offer().orElseThrow();
        this.next = next;
        this.asked = bay.spec();
        this.succession = bay.succession(next);
        this.time = time;
        this.deadline = Deadline.in(time);
    }

    /**
     * How it went.
     *
     * @param move what was done
     * @param failure why it went wrong, if it did
     */
    record Result(Move move, Optional<String> failure) {}

    private Result result(Outcome outcome, Optional<String> failure) {
        return new Result(new Move(bay.id(), old.plugin(), next.plugin(), outcome, inFlight, phases), failure);
    }

    /** Does what needs no closed gate. */
    private Optional<String> check() {
        Optional<String> unfit = succession.check();
        inFlight =
                bays.all().stream().flatMap(each -> each.unanswered().stream()).toList();
        return unfit;
    }

    /**
     * What is under way is waited for with the gate closed, and a flush takes what the host's disk takes: a moment without one is worth a
     * little patience, while the guest goes on. One of a layer is over when those below it are.
     */
    private void awaitFlushes() {
        List<Bay> disks = bays.around(bay);
        Deadline patience = Deadline.in(FLUSH_PATIENCE);
        while (disks.stream().anyMatch(disk -> disk.unanswered().contains("flush")) && !patience.passed()) {
            disks.forEach(disk -> disk.awaitFlushes(patience));
        }
    }

    /**
     * Waits with the gate open for what its disk has under way, all of which it would wait for with the gate closed. What a layer keeps from the
     * one below it gives back to who comes to rest: of that disk, only what the host was given counts.
     */
    private boolean awaitAnswers() {
        return bays.around(bay).stream()
                .filter(each -> each.kind() == Kind.PROTOCOL)
                .allMatch(each -> each.awaitAnswers(deadline));
    }

    private String silent() {
        return "its disk does not answer what it was asked%s; update it again when it does, or replace the layer of it that hangs"
                .formatted(bays.around(bay).stream()
                        .filter(each -> !each.note().isEmpty())
                        .findFirst()
                        .map(each -> " (%s: %s)".formatted(each.id(), each.note()))
                        .orElse(""));
    }

    /** A phase is over, and the next one begins. */
    private void ended(Phase phase) {
        long now = System.nanoTime();
        phases.merge(phase, now - phaseBegan, Long::sum);
        phaseBegan = now;
    }

    /**
     * Closes the gate, replaces the part, and opens the gate. What stands on a disk that does not answer would not come to rest, and a device that
     * is made anew for that has forgotten what its guest waits for, a format what it has not written: it stays as it is.
     */
    Result move() {
        Optional<String> unfit = check();
        if (unfit.isPresent()) {
            return result(Outcome.ROLLED_BACK, unfit);
        }
        if (bay.kind() != Kind.PROTOCOL && !awaitAnswers()) {
            return result(Outcome.ROLLED_BACK, Optional.of(silent()));
        }
        awaitFlushes();
        deadline = Deadline.in(time);
        Saved saved = save();
        Outcome outcome = Outcome.ROLLED_BACK;
        Optional<String> failure = saved.failure();
        if (saved.state().isPresent()) {
            failure = succession.restore(saved.state().get(), deadline);
            ended(Phase.RESTORE);
            if (failure.isEmpty()) {
                succession.handOver();
                outcome = Outcome.MOVED;
            }
        } else if (bay.offer().isEmpty()) {
            // It was fenced, and what it had is kept for whoever comes.
            outcome = Outcome.FENCED;
            failure = bay.fill(next);
            failure.ifPresent(why -> bay.fill(old));
        }
        host.replaced(bay);
        ended(Phase.HAND_OVER);
        settlement.settle(
                host.wish(),
                outcome == Outcome.ROLLED_BACK ? Cause.ROLLBACK : Cause.SWAP,
                Deadline.in(ManagedSwap.OPEN));
        ended(Phase.RESUME);
        succession.close();
        if (outcome == Outcome.MOVED && bay.state() == BayState.FAILED && bay.hasState()) {
            outcome = Outcome.ROLLED_BACK;
            failure = Optional.of(bay.note());
            returnToOld();
        }
        return bay.state() == BayState.FAILED
                ? result(Outcome.FAILED, Optional.of(bay.note()))
                : result(outcome, failure);
    }

    /** The new part could not begin, and nothing has happened since the old one was saved. */
    private void returnToOld() {
        bay.asked().again(asked);
        if (bay.fill(old).isEmpty()) {
            host.replaced(bay);
            settlement.settle(host.wish(), Cause.ROLLBACK, Deadline.in(ManagedSwap.OPEN));
        }
        ended(Phase.RESUME);
    }

    /**
     * Has the part saved in passing, and the new one try. Where its disk does not answer what it has, it is left alone: it would not come to
     * rest, and the guest would stand before a closed gate for nothing.
     * One that does not come to rest though is made anew, and nothing can be tried.
     */
    Result rehearse() {
        Optional<String> unfit = check();
        if (unfit.isPresent()) {
            return result(Outcome.ROLLED_BACK, unfit);
        }
        if (!awaitAnswers()) {
            return result(Outcome.UNTRIED, Optional.empty());
        }
        awaitFlushes();
        deadline = Deadline.in(time);
        Saved saved = save();
        boolean fenced = bay.offer().isEmpty();
        if (fenced) {
            bay.fill(old);
            host.replaced(bay);
        }
        settlement.settle(host.wish(), Cause.PAUSE, Deadline.in(ManagedSwap.OPEN));
        ended(Phase.RESUME);
        if (bay.state() == BayState.FAILED) {
            return result(Outcome.FAILED, Optional.of(bay.note()));
        }
        if (fenced) {
            // No reason to stay with it: one that does not come to rest needs a successor most.
            return result(Outcome.FENCED, Optional.empty());
        }
        if (saved.waits()) {
            return result(Outcome.UNTRIED, Optional.empty());
        }
        Optional<String> failure = saved.state().isEmpty()
                ? saved.failure()
                : succession.rehearse(saved.state().get(), Deadline.in(ManagedSwap.REHEARSAL));
        return result(failure.isEmpty() ? Outcome.MOVED : Outcome.ROLLED_BACK, failure);
    }

    /**
     * The state of the part at rest.
     *
     * @param state empty where it could not be had
     * @param failure why not
     * @param waits whether it did not come to rest since its disk does not answer
     */
    private record Saved(Optional<EncodedState> state, Optional<String> failure, boolean waits) {
        static Saved not(String failure) {
            return new Saved(Optional.empty(), Optional.of(failure), false);
        }
    }

    private Saved save() {
        phaseBegan = System.nanoTime();
        boolean waits = !settlement
                .attempt(host.wish().without(List.of(bay)), Cause.SWAP, deadline)
                .isEmpty();
        ended(Phase.QUIESCE);
        if (waits) {
            return new Saved(Optional.empty(), Optional.of(silent()), true);
        }
        if (bay.state() != BayState.QUIESCED) {
            return Saved.not(bay.offer().isEmpty() ? bay.note() : "a vCPU does not come out of the guest");
        }
        PartCall<EncodedState> save = bay.beginSave();
        boolean returned = save.await(deadline);
        ended(Phase.SAVE);
        if (!returned) {
            bay.fence("save: has not returned in time", false);
            return Saved.not(bay.note());
        }
        return new Saved(
                save.value(),
                save.failure().map(failure -> old.plugin() + " could not save its state: " + failure),
                false);
    }
}
