package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.Deadline;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.state.EncodedState;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How the part of a bay is followed by one of an offer, which is made beside it. Until the new one is ready nothing is taken from the old
 * one. Called on the machine's control thread.
 */
public final class Succession implements AutoCloseable {
    /** The number of a part that never gets the place. */
    private static final long NOBODY = -1;

    private final Bay bay;
    private final Socket socket;
    private final LifeCycle lifeCycle;
    private final Occupants parts;
    private final Offer offer;
    private final PartSpec asked;
    private @Nullable Record options;
    private @Nullable Occupant next;
    private @Nullable EncodedState origin;
    private @Nullable Occupant old;

    Succession(Bay bay, Socket socket, LifeCycle lifeCycle, Occupants parts, Offer offer) {
        this.bay = bay;
        this.socket = socket;
        this.lifeCycle = lifeCycle;
        this.parts = parts;
        this.offer = offer;
        this.asked = bay.asked().of(offer);
    }

    /**
     * Looks whether the offer's part could sit here, and binds its options. Calls the plugin, and changes nothing. Before everything else.
     *
     * @return why it could not, if so
     */
    public Optional<String> check() {
        var checked = lifeCycle.ask("check", "check", () -> socket.check(asked, offer));
        options = checked.value().orElse(null);
        return options == null ? Optional.of(checked.failure()) : Optional.empty();
    }

    /**
     * Makes the offer's part from a state apart from the machine, and throws it away.
     *
     * @param from a state of the part that sits here
     * @param deadline when the new part is given up
     * @return what went wrong, if something did
     */
    public Optional<String> rehearse(EncodedState from, Deadline deadline) {
        var making = parts.makeBeside(Objects.requireNonNull(options), offer, NOBODY, from, deadline);
        making.value().ifPresent(parts::close);
        return making.value().isPresent() ? Optional.empty() : Optional.of(making.failure());
    }

    /**
     * Makes the offer's part beside the one at rest, from its state. Where it is not ready in time the old one has its place as before.
     *
     * @param from the state that the old part has just saved
     * @param deadline when a new part is given up that is not ready
     * @return what went wrong, if something did
     */
    public Optional<String> restore(EncodedState from, Deadline deadline) {
        origin = from;
        var making = parts.makeBeside(Objects.requireNonNull(options), offer, bay.nextNumber(), from, deadline);
        next = making.value().orElse(null);
        if (next == null) {
            bay.givesUpOn(offer);
            return Optional.of(making.failure());
        }
        return Optional.empty();
    }

    /** The part that was made takes the place. There is no way back then. */
    public void handOver() {
        old = bay.handOver(Objects.requireNonNull(next), asked, Objects.requireNonNull(origin));
        next = null;
    }

    /** Closes the part that has lost its place, if one has: it can touch nothing any more, and nobody waits for it. */
    @Override
    public void close() {
        if (old != null) {
            parts.close(old);
            old = null;
        }
    }
}
