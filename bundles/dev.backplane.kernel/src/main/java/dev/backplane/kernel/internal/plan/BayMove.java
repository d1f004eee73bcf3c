package dev.backplane.kernel.internal.plan;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption.Cause;
import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.bay.BayState;
import dev.backplane.kernel.internal.bay.PartCall;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.plan.SwapReport.Move;
import dev.backplane.kernel.internal.plan.SwapReport.Outcome;
import dev.backplane.kernel.internal.state.EncodedState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Moves one bay from one part to another, once. */
final class BayMove {
    private final Settlement settlement;
    private final ManagedSwap.Host host;
    private final Bay bay;
    private final Offer old;
    private final Offer next;
    private final PartSpec asked;
    private final Deadline deadline;
    private final long begin = System.nanoTime();

    /**
     * Of the part that sits in a bay.
     *
     * @param time until the new part is ready
     */
    BayMove(Settlement settlement, ManagedSwap.Host host, Bay bay, Offer next, Duration time) {
        this.settlement = settlement;
        this.host = host;
        this.bay = bay;
        this.old = bay.offer().orElseThrow();
        this.next = next;
        this.asked = bay.spec();
        this.deadline = Deadline.in(time);
    }

    /**
     * How it went.
     *
     * @param move what was done
     * @param failure why it went wrong, if it did
     */
    record Result(Move move, Optional<String> failure) {}

    private Result result(Outcome outcome, Optional<String> failure, long gateClosedNanos) {
        return new Result(new Move(bay.id(), old.plugin(), next.plugin(), outcome, gateClosedNanos), failure);
    }

    private long sinceBegin() {
        return System.nanoTime() - begin;
    }

    /** Closes the gate, replaces the part, and opens the gate. */
    Result move() {
        Saved saved = save();
        Outcome outcome = Outcome.ROLLED_BACK;
        Optional<String> failure = saved.failure();
        if (saved.state().isPresent()) {
            failure = bay.succession().replace(next, saved.state().get(), deadline);
            outcome = failure.isPresent() ? Outcome.ROLLED_BACK : Outcome.MOVED;
        } else if (bay.offer().isEmpty()) {
            // It was fenced, and what it had is kept for whoever comes.
            outcome = Outcome.FENCED;
            failure = bay.fill(next);
            failure.ifPresent(why -> bay.fill(old));
        }
        host.replaced(bay);
        settlement.settle(
                host.wish(),
                outcome == Outcome.ROLLED_BACK ? Cause.ROLLBACK : Cause.SWAP,
                Deadline.in(ManagedSwap.OPEN));
        if (outcome == Outcome.MOVED && bay.state() == BayState.FAILED && bay.hasState()) {
            outcome = Outcome.ROLLED_BACK;
            failure = Optional.of(bay.note());
            returnToOld();
        }
        long closed = sinceBegin();
        return bay.state() == BayState.FAILED
                ? result(Outcome.FAILED, Optional.of(bay.note()), closed)
                : result(outcome, failure, closed);
    }

    /** The new part could not begin, and nothing has happened since the old one was saved. */
    private void returnToOld() {
        bay.ask(asked);
        if (bay.fill(old).isEmpty()) {
            host.replaced(bay);
            settlement.settle(host.wish(), Cause.ROLLBACK, Deadline.in(ManagedSwap.OPEN));
        }
    }

    /** Has the part saved in passing, and the new one try. One that does not come to rest is made anew, and nothing can be tried. */
    Result rehearse() {
        Saved saved = save();
        boolean fenced = bay.offer().isEmpty();
        if (fenced) {
            bay.fill(old);
            host.replaced(bay);
        }
        settlement.settle(host.wish(), Cause.PAUSE, Deadline.in(ManagedSwap.OPEN));
        long closed = sinceBegin();
        if (fenced) {
            // No reason to stay with it: one that does not come to rest needs a successor most.
            return result(Outcome.FENCED, Optional.empty(), closed);
        }
        Optional<String> failure = saved.state().isEmpty()
                ? saved.failure()
                : bay.succession().rehearse(next, saved.state().get(), Deadline.in(ManagedSwap.REHEARSAL));
        return result(failure.isEmpty() ? Outcome.MOVED : Outcome.ROLLED_BACK, failure, closed);
    }

    /**
     * The state of the part at rest.
     *
     * @param state empty where it could not be had
     * @param failure why not
     */
    private record Saved(Optional<EncodedState> state, Optional<String> failure) {}

    private Saved save() {
        settlement.settle(host.wish().without(List.of(bay)), Cause.SWAP, deadline);
        if (bay.state() != BayState.QUIESCED) {
            return new Saved(
                    Optional.empty(),
                    Optional.of(bay.offer().isEmpty() ? bay.note() : "a vCPU does not come out of the guest"));
        }
        PartCall<EncodedState> save = bay.beginSave();
        if (!save.await(deadline)) {
            bay.fence("save: has not returned in time", false);
            return new Saved(Optional.empty(), Optional.of(bay.note()));
        }
        return new Saved(
                save.value(), save.failure().map(failure -> old.plugin() + " could not save its state: " + failure));
    }
}
