package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.Deadline;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;

/** Makes a bay's life-cycle calls into its part, and waits for them: not for ever, and not for long where the machine is to end. */
final class LifeCycle {
    private static final Duration CALL = Duration.ofSeconds(30);
    private static final Duration LOOK = Duration.ofMillis(100);
    private static final Duration ENDING = Duration.ofSeconds(2);

    private final String name;
    private final MachineRequests machine;
    private final CallThreads threads;

    /** @param name the bay's, for people */
    LifeCycle(String name, MachineRequests machine, CallThreads threads) {
        this.name = name;
        this.machine = machine;
        this.threads = threads;
    }

    /** Begins a call, for who waits for several. */
    <T> PartCall<T> start(String what, Callable<T> body) {
        return PartCall.start(threads, name, what, body);
    }

    /** The same for one that returns nothing. */
    PartCall<Boolean> startVoid(String what, PartCall.ThrowingRunnable body) {
        return PartCall.startVoid(threads, name, what, body);
    }

    /** A call that has ended, and what has come of it; empty with a reason where that is nothing. */
    record Result<T>(Optional<T> value, String failure) {}

    /** Makes a call whose answer counts. */
    <T> Result<T> ask(String what, String doing, Callable<T> body) {
        return ask(what, doing, body, Deadline.in(CALL));
    }

    /** The same for one that has less time. */
    <T> Result<T> ask(String what, String doing, Callable<T> body, Deadline deadline) {
        PartCall<T> call = start(what, body);
        boolean ended = await(call, deadline);
        Optional<T> value = call.value();
        return new Result<>(
                value, value.isPresent() ? "" : ended ? call.failure().orElse("it made nothing") : overdue(doing));
    }

    /** Makes a call; what went wrong, if something did. */
    Optional<String> call(String what, PartCall.ThrowingRunnable body) {
        return call(what, body, Deadline.in(CALL));
    }

    /** The same for one that has less time. */
    Optional<String> call(String what, PartCall.ThrowingRunnable body, Deadline deadline) {
        PartCall<Boolean> call = startVoid(what, body);
        return await(call, deadline) ? call.failure() : Optional.of(overdue(what));
    }

    private String overdue(String what) {
        return machine.ending()
                ? what + " had not returned when the machine was to end"
                : what + " has not returned in time";
    }

    private boolean await(PartCall<?> call, Deadline until) {
        Deadline deadline = until;
        boolean ending = false;
        while (!call.await(soon(deadline))) {
            if (!ending && machine.ending()) {
                ending = true;
                deadline = Deadline.in(ENDING);
            }
            if (deadline.passed()) {
                return false;
            }
        }
        return true;
    }

    private static Deadline soon(Deadline deadline) {
        return deadline.remainingNanos() < LOOK.toNanos() ? deadline : Deadline.in(LOOK);
    }
}
