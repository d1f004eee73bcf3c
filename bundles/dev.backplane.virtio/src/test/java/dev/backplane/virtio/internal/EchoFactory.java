package dev.backplane.virtio.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.device.virtio.VirtioDevice;
import dev.backplane.api.device.virtio.VirtioPort;
import dev.backplane.api.device.virtio.VirtioProfile;
import dev.backplane.api.device.virtio.VirtioState;
import dev.backplane.api.device.virtio.VirtioTransport;
import dev.backplane.api.device.virtio.Virtqueue;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateException;
import dev.backplane.api.state.StateVersion;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A device with two queues that gives back what it gets, with each byte one higher, and a configuration of 8 bytes. While {@link
 * #holding}, it keeps what it takes, and gives it back in the reverse order when it comes to rest, or puts it back if it is {@link
 * #puttingBack}.
 */
final class EchoFactory implements DeviceFactory<EchoFactory.Options, EchoFactory.State> {
    static final int FEATURE = 5;

    private static final VirtioProfile PROFILE = VirtioProfile.of(42, 0xff_0000)
            .queue(64)
            .queue(16)
            .feature(FEATURE)
            .configuration(8)
            .build();

    private final VirtioTransport transport = new PciTransportService();
    final AtomicInteger activations = new AtomicInteger();
    final AtomicInteger concurrent = new AtomicInteger();
    final AtomicInteger taken = new AtomicInteger();
    volatile boolean overlapped;
    volatile boolean holding;
    volatile boolean puttingBack;
    /** Called before it looks into a queue. */
    volatile Runnable looking = () -> {};

    volatile VirtioPort port;
    volatile long features;

    /** None. */
    record Options() {}

    /** The configuration, and the transport. */
    @StateVersion(
            schema = "echo",
            writes = 1,
            reads = {1})
    record State(long configuration, VirtioState virtio) {}

    @Override
    public Shape shape(Options options) {
        return transport.shape(PROFILE);
    }

    @Override
    public Device<State> create(Options options, DeviceContext context) {
        var echo = new Echo(0);
        return echo.on(transport.plug(PROFILE, context, echo));
    }

    @Override
    public Device<State> restore(Options options, DeviceContext context, State state) throws StateException {
        var echo = new Echo(state.configuration);
        return echo.on(transport.plug(PROFILE, context, echo, state.virtio));
    }

    private record Taken(Virtqueue queue, DescriptorChain chain) {}

    private final class Echo implements Device<State>, VirtioDevice {
        private final Deque<Taken> kept = new ArrayDeque<>();
        private VirtioPort connection;
        private List<Virtqueue> queues = List.of();
        private volatile long configuration;

        Echo(long configuration) {
            this.configuration = configuration;
        }

        Echo on(VirtioPort to) {
            connection = to;
            port = to;
            return this;
        }

        @Override
        public void activate(long negotiated, List<Virtqueue> active) {
            activations.incrementAndGet();
            features = negotiated;
            queues = active;
        }

        @Override
        public void deactivate(Deadline deadline) {
            while (!kept.isEmpty()) {
                Taken last = kept.removeLast();
                if (puttingBack) {
                    last.queue.putBack(last.chain);
                } else {
                    answer(last.queue, last.chain);
                }
            }
            queues = List.of();
        }

        @Override
        public void process(int number) {
            looking.run();
            if (number == 0 && concurrent.incrementAndGet() > 1) {
                overlapped = true;
            }
            Virtqueue queue = queues.get(number);
            for (DescriptorChain chain = queue.next(); chain != null; chain = queue.next()) {
                taken.incrementAndGet();
                if (holding) {
                    kept.addLast(new Taken(queue, chain));
                } else {
                    answer(queue, chain);
                }
                LockSupport.parkNanos(1);
            }
            if (number == 0) {
                concurrent.decrementAndGet();
            }
        }

        private static void answer(Virtqueue queue, DescriptorChain chain) {
            byte[] bytes = new byte[(int) Math.min(chain.readableBytes(), chain.writableBytes())];
            MemorySegment all = MemorySegment.ofArray(bytes);
            chain.read(0, all);
            for (int i = 0; i < bytes.length; i++) {
                bytes[i]++;
            }
            chain.write(0, all);
            queue.complete(chain, bytes.length);
        }

        @Override
        public long readConfiguration(int offset, int size) {
            return configuration >>> 8 * offset;
        }

        @Override
        public void writeConfiguration(int offset, int size, long value) {
            for (int i = 0; i < size; i++) {
                int shift = 8 * (offset + i);
                configuration = configuration & ~(0xffL << shift) | (value >>> 8 * i & 0xff) << shift;
            }
        }

        @Override
        public void quiesce(Deadline deadline) throws InterruptedException {
            connection.quiesce(deadline);
        }

        @Override
        public State save() {
            return new State(configuration, connection.save());
        }

        @Override
        public void resume(Resumption why) {
            connection.resume();
        }

        @Override
        public void reset(ResetKind kind) {
            configuration = 0;
            connection.reset();
        }

        @Override
        public void close() {
            connection.close();
        }
    }
}
