package dev.backplane.kernel.internal.fake;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.Shape;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateVersion;
import java.util.Map;

/** The printer's next version, whose state the present one does not read. */
public final class NewerPrinter implements DeviceFactory<Printer.Options, NewerPrinter.State> {
    /** What the last one made had printed when it was made. */
    public volatile long count;

    /** Its state. */
    @StateVersion(
            schema = "printer",
            writes = 3,
            reads = {2, 3})
    public record State(long count) {
        /** Version 2 had a queue. */
        public static Map<String, Object> upgrade(int version, Map<String, Object> fields) {
            return Map.of("count", fields.get("count"));
        }
    }

    @Override
    public Shape shape(Printer.Options options) {
        return Shape.empty().withPorts("data", options.port(), 1).withInterrupt("ready", 4);
    }

    @Override
    public Device<State> create(Printer.Options options, DeviceContext context) {
        return restore(options, context, new State(0));
    }

    @Override
    public Device<State> restore(Printer.Options options, DeviceContext context, State state) {
        count = state.count();
        context.serve("data", new RegisterHandler() {
            @Override
            public long read(long offset, int size) {
                return 0;
            }

            @Override
            public void write(long offset, int size, long value) {}
        });
        return new Device<>() {
            @Override
            public void reset(ResetKind kind) {}

            @Override
            public void quiesce(Deadline deadline) {}

            @Override
            public State save() {
                return state;
            }

            @Override
            public void resume(Resumption why) {}

            @Override
            public void close() {}
        };
    }
}
