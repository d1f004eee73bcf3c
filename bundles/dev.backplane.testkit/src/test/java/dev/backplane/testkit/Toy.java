package dev.backplane.testkit;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.InterruptLine;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.Shape;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateException;
import dev.backplane.api.state.StateVersion;
import java.util.ArrayList;
import java.util.List;

/** A device that counts what is written to it and has one fault, or none. */
final class Toy implements Device<Toy.State>, RegisterHandler {
    enum Fault {
        NONE,
        FORGETS_ITS_STATE,
        RAISES_ITS_LINE_WHEN_MADE,
        KEEPS_ITS_STATE_THROUGH_A_RESET,
        TRUSTS_THE_GUEST,
        TRUSTS_A_STATE,
        IS_KEPT_BY_ITS_FACTORY,
        SERVES_NO_WINDOW
    }

    record Options(int port) {}

    @StateVersion(
            schema = "toy",
            writes = 1,
            reads = {1})
    record State(int count) {}

    record Factory(Fault fault, List<Toy> kept) implements DeviceFactory<Options, State> {
        Factory(Fault fault) {
            this(fault, new ArrayList<>());
        }

        @Override
        public Shape shape(Options options) {
            return Shape.empty().withPorts("count", options.port(), 4).withInterrupt("irq", 5);
        }

        @Override
        public Toy create(Options options, DeviceContext context) {
            return make(context, 0);
        }

        @Override
        public Toy restore(Options options, DeviceContext context, State state) throws StateException {
            if (fault != Fault.TRUSTS_A_STATE && (state.count() < 0 || state.count() > 15)) {
                throw new StateException("count is " + state.count() + ": expected 0 to 15");
            }
            return make(context, fault == Fault.FORGETS_ITS_STATE ? 0 : state.count());
        }

        private Toy make(DeviceContext context, int count) {
            Toy toy = new Toy(this, context, count);
            if (fault == Fault.IS_KEPT_BY_ITS_FACTORY) {
                kept.add(toy);
            }
            return toy;
        }
    }

    private final Factory factory;
    private final InterruptLine line;
    private final byte[] squares = new byte[16];
    private int count;

    private Toy(Factory factory, DeviceContext context, int count) {
        this.factory = factory;
        this.line = context.interrupt("irq");
        this.count = count;
        if (factory.fault() != Fault.SERVES_NO_WINDOW) {
            context.serve("count", this);
        }
        if (factory.fault() == Fault.RAISES_ITS_LINE_WHEN_MADE) {
            line.set(true);
        }
    }

    @Override
    public long read(long offset, int size) {
        return count + squares[count];
    }

    @Override
    public void write(long offset, int size, long value) {
        boolean trusts = factory.fault() == Fault.TRUSTS_THE_GUEST;
        count = trusts ? (int) value : (int) value & 15;
        line.set((value & 1) != 0);
    }

    @Override
    public void quiesce(Deadline deadline) {
        // Nothing is ever in flight.
    }

    @Override
    public State save() {
        return new State(count);
    }

    @Override
    public void resume(Resumption why) {
        line.set((count & 1) != 0);
    }

    @Override
    public void reset(ResetKind kind) {
        if (factory.fault() != Fault.KEEPS_ITS_STATE_THROUGH_A_RESET) {
            count = 0;
        }
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
