package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.Deadline;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.Node;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.state.EncodedState;
import java.util.Map;
import java.util.Optional;

/**
 * How the part of a bay is followed by one that is made beside it. Until the new one is ready nothing is taken from the old one. Called on
 * the machine's control thread.
 */
public final class Succession {
    /** The number of a part that never gets the place. */
    private static final long NOBODY = -1;

    private final Bay bay;
    private final Socket socket;
    private final LifeCycle lifeCycle;
    private final Occupants parts;

    Succession(Bay bay, Socket socket, LifeCycle lifeCycle, Occupants parts) {
        this.bay = bay;
        this.socket = socket;
        this.lifeCycle = lifeCycle;
        this.parts = parts;
    }

    /**
     * Looks whether an offer's part could sit here. Calls the plugin, and changes nothing.
     *
     * @param next the offer
     * @return why it could not, if so
     */
    public Optional<String> check(Offer next) {
        return lifeCycle.call("check", () -> socket.check(specFor(next), next));
    }

    /** What is asked for where a part of another type comes: the options of the type before are not its own. */
    private PartSpec specFor(Offer next) {
        PartSpec spec = bay.spec();
        return next.type().equals(spec.type())
                ? spec
                : new PartSpec(
                        spec.id(),
                        spec.kind(),
                        next.type(),
                        spec.typeAt(),
                        Optional.empty(),
                        spec.path(),
                        new Node.Mapping(spec.options().at(), Map.of()));
    }

    /**
     * Makes an offer's part from a state apart from the machine, and throws it away.
     *
     * @param next the offer
     * @param from a state of the part that sits here
     * @param deadline when the new part is given up
     * @return what went wrong, if something did
     */
    public Optional<String> rehearse(Offer next, EncodedState from, Deadline deadline) {
        var making = parts.makeBeside(specFor(next), next, NOBODY, from, deadline);
        making.value().ifPresent(parts::close);
        return making.value().isPresent() ? Optional.empty() : Optional.of(making.failure());
    }

    /**
     * Replaces the part at rest by an offer's. Where the new one is not ready in time the old one has its place as before; when this has
     * gone well there is no way back.
     *
     * @param next the offer
     * @param from the state that the old part has just saved
     * @param deadline when a new part is given up that is not ready
     * @return what went wrong, if something did
     */
    public Optional<String> replace(Offer next, EncodedState from, Deadline deadline) {
        PartSpec asked = specFor(next);
        var making = parts.makeBeside(asked, next, bay.nextNumber(), from, deadline);
        if (making.value().isEmpty()) {
            bay.givesUpOn(next);
            return Optional.of(making.failure());
        }
        bay.handOver(making.value().get(), asked, from);
        return Optional.empty();
    }
}
