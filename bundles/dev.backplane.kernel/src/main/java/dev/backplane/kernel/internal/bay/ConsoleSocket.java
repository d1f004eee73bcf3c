package dev.backplane.kernel.internal.bay;

import dev.backplane.api.console.ConsoleBackend;
import dev.backplane.api.console.ConsoleContext;
import dev.backplane.api.console.ConsolePort;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Part;
import dev.backplane.api.state.StateException;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A console's bay. */
public final class ConsoleSocket extends FrontSocket<ConsoleFront> {
    /**
     * Makes the bay, vacant.
     *
     * @param spec what the VM file says
     * @param folder what relative paths start from
     * @param surroundings what the machine's bays share
     */
    public ConsoleSocket(PartSpec spec, Path folder, Surroundings surroundings) {
        super(spec, folder, surroundings, List.of(), threw -> front(spec, surroundings, threw));
    }

    private static ConsoleFront front(PartSpec spec, Surroundings surroundings, Consumer<Throwable> threw) {
        VirtualTime virtual = surroundings.virtual();
        return virtual == null
                ? new HostFront(surroundings.signals(), surroundings.requests()::spoken, threw)
                : new VirtualFront(spec.id(), virtual, threw);
    }

    @Override
    public BasicContext context(Bay here, long occupant) {
        return new Context(here, occupant, front());
    }

    @Override
    @SuppressWarnings("unchecked")
    Part<?> make(Offer offer, Record options, BasicContext context, @Nullable Record state)
            throws ConfigurationException, StateException {
        ConsoleBackend<Record, Record> backend = offer.factory(ConsoleBackend.class);
        ConsoleContext console = (ConsoleContext) context;
        return state == null ? backend.create(options, console) : backend.restore(options, console, state);
    }

    @Override
    public void open(Part<?> part, BasicContext context) {
        front().open((ConsolePort<?>) part);
    }

    @Override
    public void close() {
        front().close();
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
        public void resized() {
            if (lifeline.acts()) {
                front.signalResized();
            }
        }
    }
}
