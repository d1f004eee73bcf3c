package dev.backplane.kernel.internal.bay;

import dev.backplane.api.network.NetworkBackend;
import dev.backplane.api.network.NetworkContext;
import dev.backplane.api.network.NetworkPort;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Part;
import dev.backplane.api.state.StateException;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.Scope;
import dev.backplane.kernel.internal.state.EncodedState;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A network's bay. */
public final class NetworkSocket implements Socket {
    private final Path folder;
    private final NetworkFront front;
    private final Bay bay;

    private NetworkSocket(PartSpec spec, Path folder, Surroundings surroundings) {
        this.folder = folder;
        front = new NetworkFront(surroundings.signals(), this::threw);
        bay = new Bay(spec, surroundings, this);
    }

    /**
     * Makes the bay, vacant.
     *
     * @param spec what the VM file says
     * @param folder what relative paths start from
     * @param surroundings what the machine's bays share
     * @return the socket
     * @throws ConfigurationException on virtual time: what arrives is not recorded
     */
    public static NetworkSocket plug(PartSpec spec, Path folder, Surroundings surroundings)
            throws ConfigurationException {
        if (surroundings.virtual() != null) {
            throw new ConfigurationException(
                    "%s%s: a network cannot be recorded: take it out of the file, or clock: virtual"
                            .formatted(spec.typeAt().prefix(), spec.path()));
        }
        return new NetworkSocket(spec, folder, surroundings);
    }

    /**
     * Checks options, without making anything.
     *
     * @param spec what the VM file says
     * @param folder what relative paths start from
     * @param offer the plugin's
     * @throws ConfigurationException when they are wrong
     */
    public static void check(PartSpec spec, Path folder, Offer offer) throws ConfigurationException {
        bound(spec, folder, offer);
    }

    private static Record bound(PartSpec spec, Path folder, Offer offer) throws ConfigurationException {
        return offer.binder().bind(offer.options(), spec.options(), spec.path(), new Scope(folder, spec.id()));
    }

    /** The bay. */
    public Bay bay() {
        return bay;
    }

    /** What devices use. */
    public NetworkFront front() {
        return front;
    }

    private void threw(Throwable thrown) {
        bay.report(bay.occupantNumber(), Rendered.line(thrown));
    }

    @Override
    public BasicContext context(Bay here, long occupant) {
        return new Context(here, occupant, front);
    }

    @Override
    public Record bind(PartSpec asked, Offer offer) throws ConfigurationException {
        return bound(asked, folder, offer);
    }

    @Override
    public Part<?> make(Offer offer, BasicContext context, @Nullable EncodedState state)
            throws ConfigurationException, StateException {
        NetworkPort<?> made = make(offer, (NetworkContext) context, state);
        front.prepare(made);
        return made;
    }

    @SuppressWarnings("unchecked")
    private NetworkPort<?> make(Offer offer, NetworkContext context, @Nullable EncodedState state)
            throws ConfigurationException, StateException {
        Record options = bind(bay.spec(), offer);
        NetworkBackend<Record, Record> backend = offer.factory(NetworkBackend.class);
        return state == null
                ? backend.create(options, context)
                : backend.restore(options, context, offer.codec().decode(state));
    }

    @Override
    public void open(Part<?> part, BasicContext context) {
        front.open((NetworkPort<?>) part, context.gate);
    }

    @Override
    public void close() {
        front.close();
    }

    /** What one generation of a network sees of the world. */
    private static final class Context extends BasicContext implements NetworkContext {
        private final NetworkFront front;

        Context(Bay bay, long occupant, NetworkFront front) {
            super(bay, occupant);
            this.front = front;
        }

        @Override
        public void readable() {
            lifeline.check();
            front.signalReadable();
        }

        @Override
        public void writable() {
            lifeline.check();
            front.signalWritable();
        }

        @Override
        public void linkChanged() {
            lifeline.check();
            front.signalLink();
        }
    }
}
