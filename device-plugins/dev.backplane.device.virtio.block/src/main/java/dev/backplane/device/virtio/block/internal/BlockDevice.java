package dev.backplane.device.virtio.block.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.device.virtio.VirtioDevice;
import dev.backplane.api.device.virtio.VirtioPort;
import dev.backplane.api.device.virtio.Virtqueue;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.storage.Storage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A disk (virtio 1.2, 5.2). A queue's thread takes requests and hands each to a thread of its own, which carries it out and gives it
 * back; the monitor counts those in flight.
 */
final class BlockDevice implements Device<BlockState>, VirtioDevice {
    private final BlockOptions options;
    private final DeviceContext context;
    private final Storage disk;
    private final Requests requests;
    private final ByteBuffer configuration =
            ByteBuffer.allocate(BlockLayout.CONFIGURATION_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private VirtioPort port;
    private volatile long capacitySectors;
    private volatile List<Virtqueue> queues = List.of();
    private int inFlight;

    BlockDevice(BlockOptions options, DeviceContext context, long capacitySectors) {
        this.options = options;
        this.context = context;
        this.capacitySectors = capacitySectors;
        disk = context.storage(options.disk());
        requests = new Requests(
                disk, options.readOnly(), options.serial().orElse(context.id()), () -> this.capacitySectors);
        configuration
                .putInt(BlockLayout.BLK_SIZE, BlockLayout.SECTOR_BYTES)
                .putShort(BlockLayout.NUM_QUEUES, (short) options.queues())
                .putInt(BlockLayout.MAX_DISCARD_SECTORS, BlockLayout.MOST_SECTORS)
                .putInt(BlockLayout.MAX_DISCARD_SEG, BlockLayout.MOST_SEGMENTS)
                .putInt(BlockLayout.DISCARD_SECTOR_ALIGNMENT, 1)
                .putInt(BlockLayout.MAX_WRITE_ZEROES_SECTORS, BlockLayout.MOST_SECTORS)
                .putInt(BlockLayout.MAX_WRITE_ZEROES_SEG, BlockLayout.MOST_SEGMENTS)
                .put(BlockLayout.WRITE_ZEROES_MAY_UNMAP, (byte) 1);
    }

    /** Connects it. */
    BlockDevice on(VirtioPort transport) {
        port = transport;
        return this;
    }

    // The virtio device

    @Override
    public void activate(long features, List<Virtqueue> active) {
        queues = active;
    }

    @Override
    public synchronized void deactivate(Deadline deadline) throws InterruptedException {
        while (inFlight > 0) {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline.remainingNanos()));
            if (inFlight > 0 && deadline.passed()) {
                throw new IllegalStateException(inFlight + " requests are not answered by the disk");
            }
        }
        queues = List.of();
    }

    @Override
    public void process(int number) {
        Virtqueue queue = queues.get(number);
        for (DescriptorChain chain = queue.next(); chain != null; chain = queue.next()) {
            DescriptorChain taken = chain;
            synchronized (this) {
                inFlight++;
            }
            context.executor().execute(() -> carryOut(queue, taken));
        }
    }

    private void carryOut(Virtqueue queue, DescriptorChain chain) {
        try {
            queue.complete(chain, requests.carryOut(chain));
        } finally {
            synchronized (this) {
                inFlight--;
                notifyAll();
            }
        }
    }

    @Override
    public long readConfiguration(int offset, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            int at = offset + i;
            int octet = at < 8 ? (int) (capacitySectors >>> 8 * at) : configuration.get(at);
            value |= (octet & 0xffL) << 8 * i;
        }
        return value;
    }

    // The part

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        port.quiesce(deadline);
    }

    @Override
    public BlockState save() {
        return new BlockState(capacitySectors, port.save());
    }

    /** The disk runs now: its size may have changed. */
    @Override
    public void resume(Resumption why) {
        long known = capacitySectors;
        capacitySectors = disk.capacityBytes() / BlockLayout.SECTOR_BYTES;
        port.resume();
        if (known != 0 && known != capacitySectors) {
            port.configurationChanged();
        }
    }

    @Override
    public void reset(ResetKind kind) {
        capacitySectors = 0;
        port.reset();
    }

    @Override
    public void close() {
        port.close();
    }
}
