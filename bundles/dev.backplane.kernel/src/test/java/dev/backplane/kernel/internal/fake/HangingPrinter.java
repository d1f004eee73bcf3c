package dev.backplane.kernel.internal.fake;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.Shape;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Option;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateVersion;
import java.util.concurrent.CountDownLatch;

/** A device that waits for something that never comes when it is to rest, and uses everything that a context offers. */
public final class HangingPrinter implements DeviceFactory<HangingPrinter.Options, HangingPrinter.State> {
    /** Its options. */
    public record Options(
            @Option(value = "Its port.", max = 0xffff) int port) {}

    /** Its state. */
    @StateVersion(schema = "hanging", writes = 1, reads = 1)
    public record State(long count) {}

    @Override
    public Shape shape(Options options) {
        return Shape.empty().withPorts("data", options.port(), 1).withInterrupt("ready", 4);
    }

    @Override
    public Device<State> create(Options options, DeviceContext context) {
        return new Made(context, 0);
    }

    @Override
    public Device<State> restore(Options options, DeviceContext context, State state) {
        return new Made(context, state.count());
    }

    private static final class Made implements Device<State>, RegisterHandler {
        private final DeviceContext context;
        private final CountDownLatch never = new CountDownLatch(1);
        private volatile long count;

        Made(DeviceContext context, long count) {
            this.context = context;
            this.count = count;
            context.serve("data", this);
        }

        @Override
        public long read(long offset, int size) {
            return count;
        }

        @Override
        public void write(long offset, int size, long value) {
            count = count + 1;
        }

        @Override
        public void quiesce(Deadline deadline) throws InterruptedException {
            never.await();
        }

        @Override
        public State save() {
            return new State(count);
        }

        @Override
        public void resume(Resumption why) {
            context.timer(() -> count = count + 1).arm(context.clock().nanos() + 60_000_000_000L);
            context.executor().execute(() -> context.interrupt("ready").pulse());
            context.memory().write(0, 16).close();
            context.logger().log(System.Logger.Level.DEBUG, "resumed");
        }

        @Override
        public void reset(ResetKind kind) {
            count = 0;
        }

        @Override
        public void close() {
            throw new IllegalStateException("a part of this loader's classes");
        }
    }
}
