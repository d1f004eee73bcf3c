package dev.backplane.kernel.internal.bay;

import dev.backplane.api.console.ConsoleBackend;
import dev.backplane.api.console.ConsoleContext;
import dev.backplane.api.console.ConsolePort;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Part;
import dev.backplane.api.state.StateException;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.Scope;
import dev.backplane.kernel.internal.state.EncodedState;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A console's bay. */
public final class ConsoleSocket implements Socket {
    private final PartSpec spec;
    private final Path folder;
    private final ConsoleFront front;
    private final Bay bay;

    private ConsoleSocket(PartSpec spec, Path folder, Surroundings surroundings) {
        this.spec = spec;
        this.folder = folder;
        VirtualTime virtual = surroundings.virtual();
        this.front = virtual == null
                ? new HostFront(surroundings.signals(), surroundings.requests()::spoken, this::threw)
                : new VirtualFront(spec.id(), virtual, this::threw);
        this.bay = new Bay(spec, surroundings, this);
    }

    /**
     * Makes the bay, vacant.
     *
     * @param spec what the VM file says
     * @param folder what relative paths start from
     * @param surroundings what the machine's bays share
     * @return the socket
     */
    public static ConsoleSocket plug(PartSpec spec, Path folder, Surroundings surroundings) {
        return new ConsoleSocket(spec, folder, surroundings);
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
    public ConsoleFront front() {
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
    @SuppressWarnings("unchecked")
    public Part<?> make(Offer offer, BasicContext context, @Nullable EncodedState state)
            throws ConfigurationException, StateException {
        Record options = bind(bay.spec(), offer);
        ConsoleBackend<Record, Record> backend = offer.factory(ConsoleBackend.class);
        return state == null
                ? backend.create(options, (ConsoleContext) context)
                : backend.restore(
                        options, (ConsoleContext) context, offer.codec().decode(state));
    }

    @Override
    public void open(Part<?> part, BasicContext context) {
        front.open((ConsolePort<?>) part);
    }

    @Override
    public void close() {
        front.close();
    }

    /** What one generation of a far end sees of the world. */
    private static final class Context extends BasicContext implements ConsoleContext {
        private final ConsoleFront front;

        Context(Bay bay, long occupant, ConsoleFront front) {
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
    }
}
