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
import dev.backplane.api.part.Option;
import dev.backplane.api.state.StateVersion;
import dev.backplane.api.time.GuestTimer;
import java.util.concurrent.CompletableFuture;

/**
 * A device with everything through which something can come from outside. Register 0: the console's next byte, 0 for none.
 * Register 1: the time in microseconds; written: an interrupt so many microseconds later. Register 2, written: an interrupt
 * by a task of the executor (1), or from a thread of the device's own (2).
 */
public final class Teletype implements DeviceFactory<Teletype.Options, Teletype.State> {
    /** Its options. */
    public record Options(
            @Option(value = "Its ports.", byDefault = "0x100")
            int port,

            @Option(value = "Where it types.", byDefault = "typist")
            ConsoleRef console) {}

    /** Its state. */
    @StateVersion(schema = "teletype", writes = 1, reads = 1)
    public record State(long interrupts) {}

    /** What came of the thread of its own. */
    public final CompletableFuture<String> ownThread = new CompletableFuture<>();

    @Override
    public Shape shape(Options options) {
        return Shape.empty().withPorts("data", options.port(), 3).withInterrupt("ready", 4);
    }

    @Override
    public Device<State> create(Options options, DeviceContext context) {
        return new Made(options, context);
    }

    @Override
    public Device<State> restore(Options options, DeviceContext context, State state) {
        return new Made(options, context);
    }

    private final class Made implements Device<State>, Inert<State>, RegisterHandler, ConsoleListener {
        private final DeviceContext context;
        private final Console console;
        private final InterruptLine line;
        private final GuestTimer timer;
        private long interrupts;

        Made(Options options, DeviceContext context) {
            this.context = context;
            console = context.console(options.console());
            line = context.interrupt("ready");
            timer = context.timer(this::interrupt);
            context.serve("data", this);
            console.listen(this);
        }

        private void interrupt() {
            interrupts++;
            line.set(true);
        }

        @Override
        public long read(long offset, int size) {
            line.set(false);
            return offset == 0 ? Math.max(0, console.read()) : context.clock().nanos() / 1000;
        }

        @Override
        public void write(long offset, int size, long value) {
            switch ((int) offset) {
                case 0 -> console.write((byte) value);
                case 1 -> timer.arm(context.clock().nanos() + value * 1000);
                default -> {
                    if (value == 1) {
                        context.executor().execute(this::interrupt);
                    } else {
                        Thread.ofPlatform().daemon().start(this::onOwnThread);
                    }
                }
            }
        }

        private void onOwnThread() {
            try {
                line.set(true);
                ownThread.complete("it may");
            } catch (IllegalStateException e) {
                ownThread.complete(String.valueOf(e.getMessage()));
            }
        }

        @Override
        public void readable() {
            line.set(true);
        }

        @Override
        public void writable() {}

        @Override
        public State save() {
            return new State(interrupts);
        }

        @Override
        public void reset(ResetKind kind) {
            interrupts = 0;
        }
    }
}
