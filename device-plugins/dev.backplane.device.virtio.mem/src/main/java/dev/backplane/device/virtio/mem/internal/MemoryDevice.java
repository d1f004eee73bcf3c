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
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory that comes and goes (virtio 1.2, 5.15). The device says how much there is to be, the driver which blocks it takes and gives back. They
 * stay plugged when the driver resets the device, and go when the machine is reset.
 */
final class MemoryDevice implements Device<MemoryState>, VirtioDevice, Configurable<MemoryOptions>, Measured {
    private final Blocks blocks;
    private final AtomicLong refused = new AtomicLong();
    private VirtioPort port;
    private volatile MemoryOptions options;
    private volatile List<Virtqueue> queues = List.of();

    MemoryDevice(MemoryOptions options, DeviceContext context, BitSet plugged) {
        this.options = options;
        blocks = new Blocks(options, context.memory(), plugged);
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
                "plugged-bytes", blocks.pluggedBytes(), "requested-bytes", options.size(), "refused", refused.get());
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

    // The part

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        port.quiesce(deadline);
    }

    @Override
    public MemoryState save() {
        return new MemoryState(blocks.save(), port.save());
    }

    @Override
    public void resume(Resumption why) {
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
        port.close();
    }
}
