package dev.backplane.kernel.internal.fake;

import dev.backplane.api.console.Console;
import dev.backplane.api.console.ConsoleListener;
import dev.backplane.api.console.ConsoleRef;
import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.InterruptLine;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.Shape;
import dev.backplane.api.part.Configurable;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.HealthChecked;
import dev.backplane.api.part.Live;
import dev.backplane.api.part.Measured;
import dev.backplane.api.part.Option;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateVersion;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * A device that prints what is written to its port, queues what its console does not take, and gives the count of bytes when
 * read. What tests want to go wrong is a hook.
 */
public final class Printer implements DeviceFactory<Printer.Options, Printer.State> {
    /** Its options. */
    public record Options(
            @Option(value = "Its port.", max = 0xffff) int port,

            @Option(value = "Where it prints.", byDefault = "sink")
            ConsoleRef console,

            @Live @Option("What its pages are headed by.") Optional<String> heading,

            @Live @Option("Other trays.") Optional<Tray> tray) {}

    /** A tray. */
    public record Tray(
            @Option(value = "How many sheets.", min = 1, max = 500)
            int sheets) {}

    /** Its state. */
    @StateVersion(
            schema = "printer",
            writes = 2,
            reads = {1, 2})
    public record State(long count, byte[] queued) {
        /** Version 1 had no queue. */
        public static Map<String, Object> upgrade(int version, Map<String, Object> fields) {
            return Map.of("count", fields.get("count"), "queued", new byte[0]);
        }
    }

    /** Called at moments of a printer's life, by name: create, restore, health, access, quiesce, save, resume, reset, close. */
    public final List<Consumer<String>> hooks = new CopyOnWriteArrayList<>();

    /** What happened, in order. */
    public final List<String> log = new CopyOnWriteArrayList<>();

    private final int windowLength;

    /** A printer with one port. */
    public Printer() {
        this(1);
    }

    /** A printer with a number of ports, for another shape. */
    public Printer(int windowLength) {
        this.windowLength = windowLength;
    }

    private void at(String moment) {
        if (!moment.equals("access")) {
            log.add(moment);
        }
        hooks.forEach(hook -> hook.accept(moment));
    }

    @Override
    public Shape shape(Options options) {
        return Shape.empty().withPorts("data", options.port(), windowLength).withInterrupt("ready", 4);
    }

    @Override
    public Device<State> create(Options options, DeviceContext context) {
        at("create" + options.heading().map(text -> " " + text).orElse(""));
        return new Made(options, context, new State(0, new byte[0]));
    }

    @Override
    public Device<State> restore(Options options, DeviceContext context, State state) {
        at("restore" + options.heading().map(text -> " " + text).orElse(""));
        return new Made(options, context, state);
    }

    private final class Made
            implements Device<State>, Configurable<Options>, HealthChecked, Measured, RegisterHandler, ConsoleListener {
        private final Console console;
        private final InterruptLine line;
        private final ArrayDeque<Byte> queue = new ArrayDeque<>();
        private long count;

        Made(Options options, DeviceContext context, State state) {
            console = context.console(options.console());
            line = context.interrupt("ready");
            count = state.count();
            for (byte each : state.queued()) {
                queue.add(each);
            }
            context.serve("data", this);
            console.listen(this);
        }

        @Override
        public long read(long offset, int size) {
            at("access");
            synchronized (this) {
                return count;
            }
        }

        @Override
        public void write(long offset, int size, long value) {
            at("access");
            synchronized (this) {
                count++;
                queue.add((byte) value);
                drain();
                line.set(true);
            }
        }

        private synchronized void drain() {
            while (!queue.isEmpty() && console.write(queue.peek())) {
                queue.remove();
            }
        }

        @Override
        public void configure(Options options) throws ConfigurationException {
            if (options.heading().filter("refused"::equals).isPresent()) {
                throw new ConfigurationException("heading: refused");
            }
            at("configure " + options.heading().orElse("none"));
        }

        @Override
        public synchronized Map<String, Long> statistics() {
            return Map.of("bytes", count);
        }

        @Override
        public void readable() {}

        @Override
        public void writable() {
            drain();
        }

        @Override
        public void checkHealth(Deadline deadline) {
            at("health");
        }

        @Override
        public void quiesce(Deadline deadline) {
            at("quiesce");
        }

        @Override
        public synchronized State save() {
            at("save");
            byte[] bytes = new byte[queue.size()];
            int i = 0;
            for (byte each : queue) {
                bytes[i++] = each;
            }
            return new State(count, bytes);
        }

        @Override
        public void resume(Resumption why) {
            at("resume " + why.cause());
        }

        @Override
        public synchronized void reset(ResetKind kind) {
            at("reset " + kind);
            count = 0;
            queue.clear();
        }

        @Override
        public void close() {
            at("close");
        }
    }
}
