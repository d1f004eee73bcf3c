package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.HealthChecked;
import dev.backplane.api.part.Part;
import dev.backplane.api.part.RevokedException;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.state.EncodedState;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes the parts of one bay, and closes them. */
final class Occupants {
    private static final System.Logger LOG = System.getLogger(Occupants.class.getName());
    private static final Duration CLOSE = Duration.ofSeconds(2);
    private static final Duration LAST_SAVE = Duration.ofSeconds(1);

    private final String name;
    private final Bay bay;
    private final Socket socket;
    private final LifeCycle lifeCycle;

    /** @param name the bay's, for people */
    Occupants(String name, Bay bay, Socket socket, LifeCycle lifeCycle) {
        this.name = name;
        this.bay = bay;
        this.socket = socket;
        this.lifeCycle = lifeCycle;
    }

    /** Makes the part of an empty bay, and gives it its place. */
    LifeCycle.Result<Occupant> make(PartSpec spec, Offer offer, long number, @Nullable EncodedState from) {
        BasicContext context = socket.context(bay, number);
        var making = lifeCycle.ask(from == null ? "create" : "restore", "making it", () -> {
            Occupant made = make(socket.check(spec, offer), offer, number, context, from);
            socket.place(made.part(), context);
            return made;
        });
        if (making.value().isEmpty()) {
            context.cut();
        }
        return making;
    }

    private Occupant make(Record options, Offer offer, long number, BasicContext context, @Nullable EncodedState from)
            throws Exception {
        Part<?> part = socket.make(options, offer, context, goesOnFrom(from, offer));
        if (context.lifeline.isCut()) {
            // Nobody waits for it any more.
            part.close();
            throw new RevokedException(name);
        }
        return new Occupant(number, offer, part, context, offer.codec());
    }

    /** What is outside begins anew where another type has been. */
    private @Nullable EncodedState goesOnFrom(@Nullable EncodedState from, Offer offer) {
        return from == null
                        || bay.kind().isOutside()
                                && !from.schema().equals(offer.codec().schema())
                ? null
                : from;
    }

    /**
     * Makes a part beside the one that has the place, which may run: it can see, but not touch, what is outside. Asks it for its health.
     *
     * @param options of its own
     * @param deadline for all of that
     */
    LifeCycle.Result<Occupant> makeBeside(
            Record options, Offer offer, long number, EncodedState from, Deadline deadline) {
        BasicContext context = socket.context(bay, number);
        context.standApart();
        var making = lifeCycle.ask("restore", "restore", () -> make(options, offer, number, context, from), deadline);
        Occupant made = making.value().orElse(null);
        if (made == null) {
            context.cut();
            return making;
        }
        Optional<String> trouble = health(made, deadline).or(context::trouble);
        if (trouble.isPresent()) {
            close(made);
            return new LifeCycle.Result<>(Optional.empty(), trouble.get());
        }
        return making;
    }

    private Optional<String> health(Occupant made, Deadline deadline) {
        return made.part() instanceof HealthChecked checked
                ? lifeCycle
                        .call("health check", () -> checked.checkHealth(deadline), deadline)
                        .map(failure -> "its health check failed: " + failure)
                : Optional.empty();
    }

    /**
     * A part that was made beside another takes its place.
     *
     * @return what went wrong, if something did
     */
    Optional<String> place(Occupant made) {
        made.context().takePlace();
        return lifeCycle.call("taking over", () -> socket.place(made.part(), made.context()));
    }

    /** Closes a part at rest and cuts it off. */
    void close(Occupant part) {
        Deadline deadline = Deadline.in(CLOSE);
        PartCall<Boolean> close = lifeCycle.startVoid("close", part.part()::close);
        if (!close.await(deadline)) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0}: close has not returned within {1} s; the part is given up",
                    name,
                    CLOSE.toSeconds());
        }
        part.context().cut();
    }

    /** A part at rest leaves its place. */
    void leave(Occupant part) {
        socket.leaving(part.part(), part.context(), Deadline.in(CLOSE));
    }

    /** Closes the part that has the place. The bay holds it no more. */
    void takeOut(Occupant part) {
        leave(part);
        close(part);
    }

    /** The state of a part that was cut off, and is idle but for the thread that hangs. */
    @Nullable
    EncodedState lastState(Occupant part) {
        PartCall<EncodedState> save = part.beginSave(lifeCycle);
        return save.await(Deadline.in(LAST_SAVE)) ? save.value().orElse(null) : null;
    }
}
