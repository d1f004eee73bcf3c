package dev.backplane.device.virtio.rng.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.device.virtio.VirtioDevice;
import dev.backplane.api.device.virtio.VirtioPort;
import dev.backplane.api.device.virtio.Virtqueue;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.random.RandomGenerator;

/** Fills each buffer with random bytes (virtio 1.2, 5.4). Nothing is ever in flight outside of {@link #process}. */
final class RngDevice implements Device<RngState>, VirtioDevice {
    /** So much at once: a driver that wants more asks again, and nobody keeps the thread for long. */
    private static final int MOST_BYTES = 64 << 10;

    private final RandomGenerator random;
    private static final int AT_ONCE = 256;

    private final byte[] bytes = new byte[AT_ONCE];
    private final MemorySegment block = MemorySegment.ofArray(bytes);
    private VirtioPort port;
    private volatile List<Virtqueue> queues = List.of();

    RngDevice(DeviceContext context) {
        random = context.random();
    }

    /** Connects it. */
    RngDevice on(VirtioPort transport) {
        port = transport;
        return this;
    }

    @Override
    public void activate(long features, List<Virtqueue> active) {
        queues = active;
    }

    @Override
    public void deactivate(Deadline deadline) {
        queues = List.of();
    }

    @Override
    public void process(int number) {
        Virtqueue queue = queues.get(number);
        for (DescriptorChain chain = queue.next(); chain != null; chain = queue.next()) {
            long length = Math.min(MOST_BYTES, chain.writableBytes());
            for (long at = 0; at < length; at += AT_ONCE) {
                random.nextBytes(bytes);
                chain.write(at, block.asSlice(0, Math.min(AT_ONCE, length - at)));
            }
            queue.complete(chain, length);
        }
    }

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        port.quiesce(deadline);
    }

    @Override
    public RngState save() {
        return new RngState(port.save());
    }

    @Override
    public void resume(Resumption why) {
        port.resume();
    }

    @Override
    public void reset(ResetKind kind) {
        port.reset();
    }

    @Override
    public void close() {
        port.close();
    }
}
