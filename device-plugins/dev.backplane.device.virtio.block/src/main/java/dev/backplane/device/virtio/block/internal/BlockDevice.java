package dev.backplane.device.virtio.block.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.device.virtio.VirtioDevice;
import dev.backplane.api.device.virtio.VirtioPort;
import dev.backplane.api.device.virtio.Virtqueue;
import dev.backplane.api.part.Configurable;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Measured;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A disk (virtio 1.2, 5.2). A queue's thread takes requests and hands each to a thread of its own, which carries it out and gives it
 * back; the monitor counts those in flight. What the disk cannot answer because it is away when the device comes to rest is put back.
 */
final class BlockDevice implements Device<BlockState>, VirtioDevice, Configurable<BlockOptions>, Measured {
    private final DeviceContext context;
    private final ResizableStorage disk;
    private final Requests requests;
    private final Configuration configuration;
    private final Throttle throttle;
    private volatile Optional<Long> capacityBytes;
    private VirtioPort port;
    private volatile List<Virtqueue> queues = List.of();
    private int inFlight;

    BlockDevice(BlockOptions options, DeviceContext context, long capacitySectors) {
        this.context = context;
        disk = context.storage(options.disk());
        configuration = new Configuration(options, capacitySectors);
        capacityBytes = options.capacity();
        throttle = new Throttle(context, options.rateLimit(), options.queues(), queue -> port.process(queue));
        requests = new Requests(
                disk, options.readOnly(), options.serial().orElse(context.id()), configuration::capacitySectors);
    }

    /** Connects it. */
    BlockDevice on(VirtioPort transport) {
        port = transport;
        return this;
    }

    // The virtio device

    @Override
    public void activate(long features, List<Virtqueue> active) {
        requests.negotiated(features);
        queues = active;
    }

    @Override
    public void deactivate(Deadline deadline) throws InterruptedException {
        throttle.putBack(queues);
        awaitIdle(deadline);
        queues = List.of();
    }

    private synchronized void awaitIdle(Deadline deadline) throws InterruptedException {
        while (inFlight > 0) {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline.remainingNanos()));
            if (inFlight > 0 && deadline.passed()) {
                throw new IllegalStateException(inFlight + " requests are not answered by the disk");
            }
        }
    }

    @Override
    public void process(int number) {
        Virtqueue queue = queues.get(number);
        for (DescriptorChain chain = throttle.next(number, queue);
                chain != null;
                chain = throttle.next(number, queue)) {
            DescriptorChain taken = chain;
            begin(() -> carryOut(queue, taken));
        }
    }

    private void begin(Runnable task) {
        synchronized (this) {
            inFlight++;
        }
        context.executor().execute(() -> {
            try {
                task.run();
            } finally {
                synchronized (this) {
                    inFlight--;
                    notifyAll();
                }
            }
        });
    }

    private void carryOut(Virtqueue queue, DescriptorChain chain) {
        long written = requests.carryOut(chain);
        if (written == Requests.LATER) {
            queue.putBack(chain);
        } else {
            queue.complete(chain, written);
        }
    }

    @Override
    public long readConfiguration(int offset, int size) {
        return configuration.read(offset, size);
    }

    // The part

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        port.quiesce(deadline);
        awaitIdle(deadline);
    }

    @Override
    public BlockState save() {
        return new BlockState(configuration.capacitySectors(), port.save());
    }

    /** The disk's size may have changed. It is waited for only where none is known: the disk may be away otherwise. */
    @Override
    public void resume(Resumption why) {
        if (configuration.capacitySectors() == 0) {
            look();
        } else {
            begin(this::look);
        }
        port.resume();
    }

    private void look() {
        try {
            grow();
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.AWAY) {
                context.logger().log(System.Logger.Level.WARNING, "capacity: {0}", e.getMessage());
            }
        }
    }

    /** Makes the disk as long as it is to be, and tells the guest if that is news to it. One at a time. */
    private void grow() throws StorageException {
        synchronized (configuration) {
            long wanted = capacityBytes.orElse(0L);
            if (wanted > disk.capacityBytes()) {
                disk.resize(wanted);
            }
            long known = configuration.capacitySectors();
            long now = disk.capacityBytes() / BlockLayout.SECTOR_BYTES;
            configuration.capacitySectors(now);
            if (known != 0 && known != now) {
                port.configurationChanged();
            }
        }
    }

    static void checkCapacity(BlockOptions options) throws ConfigurationException {
        long bytes = options.capacity().orElse(0L);
        if (bytes % options.blockSize() != 0) {
            throw new ConfigurationException(
                    "capacity: %d: expected a multiple of %d bytes".formatted(bytes, options.blockSize()));
        }
    }

    @Override
    public void configure(BlockOptions options) throws ConfigurationException {
        checkCapacity(options);
        Optional<Long> before = capacityBytes;
        if (!before.equals(options.capacity())) {
            long wanted = options.capacity().orElse(0L);
            long has = disk.capacityBytes();
            if (options.capacity().isPresent() && wanted < has) {
                throw new ConfigurationException(
                        "capacity: %d is less than the disk's %d: a disk that is used only grows"
                                .formatted(wanted, has));
            }
            capacityBytes = options.capacity();
            try {
                grow();
            } catch (StorageException e) {
                capacityBytes = before;
                throw new ConfigurationException("capacity: %d: %s".formatted(wanted, e.getMessage()));
            }
        }
        throttle.limit(options.rateLimit());
    }

    @Override
    public Map<String, Long> statistics() {
        return port.statistics();
    }

    /** The disk is what it was: its capacity is known. */
    @Override
    public void reset(ResetKind kind) {
        port.reset();
    }

    @Override
    public void close() {
        throttle.close();
        port.close();
    }
}
