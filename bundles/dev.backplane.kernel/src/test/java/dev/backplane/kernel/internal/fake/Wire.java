package dev.backplane.kernel.internal.fake;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.FrameQueue;
import dev.backplane.api.network.NetworkBackend;
import dev.backplane.api.network.NetworkContext;
import dev.backplane.api.network.NetworkPort;
import dev.backplane.api.part.Option;
import dev.backplane.api.state.StateException;
import dev.backplane.api.state.StateVersion;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A network that gives back what it is sent. */
public final class Wire implements NetworkBackend<Wire.Options, Wire.State> {
    /** Its options. */
    public record Options(
            @Option(value = "The longest packet.", byDefault = "1500")
            int mtu) {}

    /** What has not been given back. */
    @StateVersion(schema = "wire", writes = 1, reads = 1)
    public record State(byte[] frames) {}

    /** What happened, in order. */
    public final List<String> log = new CopyOnWriteArrayList<>();

    /** How many frames came. */
    public final AtomicLong sent = new AtomicLong();

    /** Thrown by the next frame. */
    public volatile @Nullable RuntimeException fault;

    @Override
    public NetworkPort<State> create(Options options, NetworkContext context) {
        log.add("create");
        return new Port(options, context);
    }

    @Override
    public NetworkPort<State> restore(Options options, NetworkContext context, State state) throws StateException {
        log.add("restore");
        Port port = new Port(options, context);
        port.queue.restore(state.frames());
        return port;
    }

    private final class Port implements NetworkPort<State>, Inert<State> {
        private final Options options;
        private final NetworkContext context;
        private final FrameQueue queue = new FrameQueue(1 << 17);

        Port(Options options, NetworkContext context) {
            this.options = options;
            this.context = context;
        }

        @Override
        public boolean send(Frame frame) {
            sent.incrementAndGet();
            RuntimeException thrown = fault;
            if (thrown != null) {
                fault = null;
                throw thrown;
            }
            boolean taken = queue.offer(frame);
            context.readable();
            return taken;
        }

        @Override
        public boolean receive(Frame frame) {
            boolean found = queue.poll(frame);
            if (queue.takeRefused()) {
                context.writable();
            }
            return found;
        }

        @Override
        public int mtuBytes() {
            return options.mtu();
        }

        @Override
        public State save() {
            return new State(queue.save());
        }
    }
}
