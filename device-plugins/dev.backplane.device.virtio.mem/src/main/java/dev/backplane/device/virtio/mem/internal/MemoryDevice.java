package dev.backplane.device.virtio.mem.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.device.virtio.VirtioDevice;
import dev.backplane.api.device.virtio.VirtioPort;
import dev.backplane.api.device.virtio.Virtqueue;
import dev.backplane.api.part.Configurable;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Measured;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory that comes and goes (virtio 1.2, 5.15). The device says how much there is to be, the driver which blocks it takes and gives back. They
 * stay plugged when the driver resets the device, and go when the machine is reset.
 */
final class MemoryDevice implements Device<MemoryState>, VirtioDevice, Configurable<MemoryOptions>, Measured {
    /** How often what the guest has written to blocks that are not plugged is given back: seldom, and often once it does so. */
    private static final long SWEEP_NANOS = 1_000_000_000;

    private static final long SWEEP_AGAIN_NANOS = 50_000_000;

    private final Blocks blocks;
    private final GuestClock clock;
    private final GuestTimer timer;
    private final Executor executor;
    private final AtomicLong refused = new AtomicLong();
    private VirtioPort port;
    private volatile MemoryOptions options;
    private volatile List<Virtqueue> queues = List.of();
    private volatile boolean runs;

    MemoryDevice(MemoryOptions options, DeviceContext context, BitSet plugged) {
        this.options = options;
        blocks = new Blocks(options, context.memory(), plugged);
        clock = context.clock();
        executor = context.executor();
        timer = context.timer(() -> executor.execute(this::sweep));
    }

    /** Connects it. */
    MemoryDevice on(VirtioPort transport) {
        port = transport;
        return this;
    }

    @Override
    public void configure(MemoryOptions next) {
        boolean other = next.size() != options.size();
        options = next;
        if (other) {
            port.configurationChanged();
        }
    }

    @Override
    public Map<String, Long> statistics() {
        return Map.of(
                "plugged-bytes",
                blocks.pluggedBytes(),
                "requested-bytes",
                options.size(),
                "refused",
                refused.get(),
                "reclaimed-bytes",
                blocks.sweptBytes());
    }

    // The virtio device

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
            queue.complete(chain, answer(chain));
        }
    }

    /** How many bytes were written. A request or a room for the response that is too short is answered as far as that goes. */
    private int answer(DescriptorChain chain) {
        byte[] request = new byte[MemoryLayout.REQUEST_BYTES];
        boolean whole = chain.readableBytes() >= request.length;
        if (whole) {
            chain.read(0, MemorySegment.ofArray(request));
        }
        ByteBuffer response = ByteBuffer.allocate(MemoryLayout.RESPONSE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        int type = whole
                ? carryOut(ByteBuffer.wrap(request).order(ByteOrder.LITTLE_ENDIAN), response)
                : MemoryLayout.ERROR;
        response.putShort(0, (short) type);
        if (type != MemoryLayout.ACK) {
            refused.incrementAndGet();
        }
        int room = (int) Math.min(chain.writableBytes(), MemoryLayout.RESPONSE_BYTES);
        chain.write(0, MemorySegment.ofArray(response.array()).asSlice(0, room));
        return room;
    }

    private int carryOut(ByteBuffer request, ByteBuffer response) {
        long gpa = request.getLong(MemoryLayout.REQUEST_ADDR);
        int count = request.getShort(MemoryLayout.REQUEST_BLOCKS) & 0xffff;
        return switch (request.getShort(0) & 0xffff) {
            case MemoryLayout.PLUG -> blocks.plug(gpa, count, options.size());
            case MemoryLayout.UNPLUG -> blocks.unplug(gpa, count);
            case MemoryLayout.UNPLUG_ALL -> {
                blocks.unplugAll();
                yield MemoryLayout.ACK;
            }
            case MemoryLayout.STATE -> {
                int state = blocks.state(gpa, count);
                response.putShort(MemoryLayout.RESPONSE_STATE, (short) Math.max(0, state));
                yield state < 0 ? MemoryLayout.ERROR : MemoryLayout.ACK;
            }
            default -> MemoryLayout.ERROR;
        };
    }

    @Override
    public long readConfiguration(int offset, int size) {
        MemoryOptions now = options;
        long field = switch (offset & -Long.BYTES) {
            case MemoryLayout.BLOCK_SIZE -> now.block();
            case MemoryLayout.ADDR -> now.address();
            case MemoryLayout.REGION_SIZE, MemoryLayout.USABLE_REGION_SIZE -> now.max();
            case MemoryLayout.PLUGGED_SIZE -> blocks.pluggedBytes();
            case MemoryLayout.REQUESTED_SIZE -> now.size();
            default -> 0;
        };
        int into = offset % Long.BYTES;
        // What reaches into the next field reads as zeros there; no driver does that.
        return field >>> 8 * into & -1L >>> 64 - 8 * Math.min(size, Long.BYTES - into);
    }

    private void sweep() {
        if (runs) {
            timer.arm(clock.nanos() + (blocks.sweep() ? SWEEP_AGAIN_NANOS : SWEEP_NANOS));
        }
    }

    // The part

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        port.quiesce(deadline);
        runs = false;
        timer.cancel();
        // No snapshot and no clone is to hold it.
        blocks.sweep();
    }

    @Override
    public MemoryState save() {
        return new MemoryState(blocks.save(), port.save());
    }

    @Override
    public void resume(Resumption why) {
        // Pages that many machines share would stay with them when the guest writes there.
        blocks.sweep();
        runs = true;
        timer.arm(clock.nanos() + SWEEP_NANOS);
        port.resume();
    }

    @Override
    public void reset(ResetKind kind) {
        port.reset();
        if (kind != ResetKind.DEVICE) {
            blocks.unplugAll();
        }
    }

    @Override
    public void close() {
        timer.close();
        port.close();
    }
}
