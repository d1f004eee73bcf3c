package dev.backplane.kernel.internal.bay;

import dev.backplane.api.network.NetworkBackend;
import dev.backplane.api.network.NetworkContext;
import dev.backplane.api.network.NetworkPort;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Part;
import dev.backplane.api.state.StateException;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A network's bay. */
public final class NetworkSocket extends FrontSocket<NetworkFront> {
    private NetworkSocket(PartSpec spec, Path folder, Surroundings surroundings) {
        super(
                spec,
                folder,
                surroundings,
                List.of(),
                threw -> new NetworkFront(surroundings.signals(), surroundings.isolation(), threw));
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

    @Override
    public BasicContext context(Bay here, long occupant) {
        return new Context(here, occupant, front());
    }

    @Override
    @SuppressWarnings("unchecked")
    Part<?> make(Offer offer, Record options, BasicContext context, @Nullable Record state)
            throws ConfigurationException, StateException {
        NetworkBackend<Record, Record> backend = offer.factory(NetworkBackend.class);
        NetworkContext network = (NetworkContext) context;
        return state == null ? backend.create(options, network) : backend.restore(options, network, state);
    }

    @Override
    public void place(Part<?> part, BasicContext context) {
        front().prepare((NetworkPort<?>) part);
    }

    @Override
    public void open(Part<?> part, BasicContext context) {
        front().open((NetworkPort<?>) part, context.gate);
    }

    @Override
    public String remark() {
        return front().isIsolated() ? "cut off until the guest has made its random numbers anew" : "";
    }

    @Override
    public void close() {
        front().close();
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
            if (lifeline.acts()) {
                front.signalReadable();
            }
        }

        @Override
        public void writable() {
            if (lifeline.acts()) {
                front.signalWritable();
            }
        }

        @Override
        public void linkChanged() {
            if (lifeline.acts()) {
                front.signalLink();
            }
        }
    }
}
