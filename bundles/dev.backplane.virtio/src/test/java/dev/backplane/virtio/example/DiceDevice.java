package dev.backplane.virtio.example;

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

// @start region="device"
/** Throws dice: each byte of a buffer becomes a throw. The configuration tells the number of sides, 4 bytes, and of throws, 8 bytes. */
final class DiceDevice implements Device<DiceState>, VirtioDevice {
    static final int CONFIGURATION_BYTES = 12;
    private static final int THROWN = 4;
    /** A guest's buffer may be of 4 GiB: what one request may cost is the device's to bound. */
    private static final int MOST_AT_ONCE = 4096;

    private final int sides;
    private final RandomGenerator random;
    private VirtioPort port;
    private volatile List<Virtqueue> queues = List.of();
    private volatile long thrown;

    DiceDevice(DiceOptions options, DeviceContext context, long thrown) {
        sides = options.sides();
        random = context.random();
        this.thrown = thrown;
    }

    DiceDevice on(VirtioPort transport) {
        port = transport;
        return this;
    }

    // The queues come in, are processed, and go out again.

    @Override
    public void activate(long features, List<Virtqueue> active) {
        queues = active;
    }

    @Override
    public void process(int queue) {
        Virtqueue dice = queues.get(queue);
        for (DescriptorChain chain = dice.next(); chain != null; chain = dice.next()) {
            byte[] faces = new byte[(int) Math.min(MOST_AT_ONCE, chain.writableBytes())];
            for (int i = 0; i < faces.length; i++) {
                faces[i] = (byte) (1 + random.nextInt(sides));
            }
            thrown += faces.length;
            chain.write(0, MemorySegment.ofArray(faces));
            dice.complete(chain, faces.length);
        }
    }

    @Override
    public void deactivate(Deadline deadline) {
        // Nothing is in flight outside of process.
        queues = List.of();
    }

    @Override
    public long readConfiguration(int offset, int size) {
        return offset < THROWN ? sides >>> 8 * offset : thrown >>> 8 * (offset - THROWN);
    }

    // The part's life is the transport's.

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        port.quiesce(deadline);
    }

    @Override
    public DiceState save() {
        return new DiceState(thrown, port.save());
    }

    @Override
    public void resume(Resumption why) {
        port.resume();
    }

    @Override
    public void reset(ResetKind kind) {
        thrown = 0;
        port.reset();
    }

    @Override
    public void close() {
        port.close();
    }
}
// @end
