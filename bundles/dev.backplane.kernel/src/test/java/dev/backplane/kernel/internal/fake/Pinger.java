package dev.backplane.kernel.internal.fake;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.Shape;
import dev.backplane.api.network.Frame;
import dev.backplane.api.network.Network;
import dev.backplane.api.network.NetworkListener;
import dev.backplane.api.network.NetworkRef;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Option;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateVersion;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A device that sends numbers, two under way at a time, and notices when one does not come back, or not in its order. */
public final class Pinger implements DeviceFactory<Pinger.Options, Pinger.State> {
    private static final int UNDER_WAY = 2;

    /** Its options. */
    public record Options(
            @Option(value = "Its network.", byDefault = "wire")
            NetworkRef network) {}

    /** Its state. */
    @StateVersion(schema = "pinger", writes = 1, reads = 1)
    public record State(long sent, long received) {}

    /** How many have come back. */
    public final AtomicLong returned = new AtomicLong();

    /** The MTU that it found when it was resumed. */
    public final AtomicLong mtu = new AtomicLong();

    /** Whether the link is up, as the last one was told. */
    public volatile boolean up;

    /** The last one's. */
    public volatile @Nullable DeviceContext context;

    /** How often it was made. */
    public final AtomicLong lives = new AtomicLong();

    /** What went wrong. */
    public final List<String> complaints = new CopyOnWriteArrayList<>();

    @Override
    public Shape shape(Options options) {
        return Shape.empty();
    }

    @Override
    public Device<State> create(Options options, DeviceContext context) {
        return new Made(options, context, new State(0, 0));
    }

    @Override
    public Device<State> restore(Options options, DeviceContext context, State state) {
        return new Made(options, context, state);
    }

    private final class Made implements Device<State>, NetworkListener {
        private final Network network;
        private final Frame frame = new Frame();
        private long sent;
        private long received;
        private boolean resting = true;

        Made(Options options, DeviceContext made, State state) {
            context = made;
            lives.incrementAndGet();
            sent = state.sent();
            received = state.received();
            network = made.network(options.network());
            network.listen(this);
        }

        /** What is sent comes back, and is told. */
        private synchronized void work() {
            if (!resting) {
                give();
                take();
            }
        }

        private void give() {
            if (sent - received < UNDER_WAY) {
                frame.reset(60).memory().set(ValueLayout.JAVA_LONG_UNALIGNED, 0, sent);
                sent += network.send(frame) ? 1 : 0;
            }
        }

        private void take() {
            if (!network.receive(frame)) {
                return;
            }
            long number = frame.memory().get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
            if (number != received) {
                complaints.add("found %d, expected %d".formatted(number, received));
            }
            received++;
            returned.incrementAndGet();
        }

        @Override
        public void readable() {
            work();
        }

        @Override
        public void writable() {
            work();
        }

        @Override
        public void linkChanged() {
            up = network.isUp();
        }

        @Override
        public synchronized void quiesce(Deadline deadline) {
            resting = true;
        }

        @Override
        public synchronized State save() {
            return new State(sent, received);
        }

        @Override
        public synchronized void resume(Resumption why) {
            mtu.set(network.mtuBytes());
            up = network.isUp();
            resting = false;
        }

        @Override
        public void reset(ResetKind kind) {}

        @Override
        public void close() {}
    }
}
