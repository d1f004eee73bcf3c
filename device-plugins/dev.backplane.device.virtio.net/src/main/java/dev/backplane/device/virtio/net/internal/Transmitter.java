package dev.backplane.device.virtio.net.internal;

import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.device.virtio.Virtqueue;
import dev.backplane.api.network.Frame;
import dev.backplane.api.network.Network;
import dev.backplane.api.network.Offload;
import dev.backplane.api.network.Segments;
import dev.backplane.api.network.VirtioHeader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Sends the packets of one queue (5.1.6.2). A packet that the network does not take, or not yet, stays taken until it does; at rest it is
 * put back. What the network does not do for the driver is done here. The monitor guards everything; allocates nothing in the
 * steady state.
 */
final class Transmitter {
    /** So many at once, then others on the part's threads have a turn. */
    private static final int MOST_AT_ONCE = 256;

    /** Headers of IPv4 and TCP, which no packet that is cut is without. */
    private static final int LEAST_HEADERS = 40;

    private static final int VLAN_BYTES = 4;

    private final Network network;
    private final RateGate gate;
    private final Flows flows;
    private final int pair;
    private final Counters counters;
    private final Segments segments = new Segments();
    private @Nullable Buffers buffers;
    private @Nullable Virtqueue queue;
    private Set<Offload> negotiated = Set.of();
    private int mtuBytes;

    /** The packet that was taken and is not sent yet. */
    private @Nullable DescriptorChain held;

    private boolean admitted;
    private boolean cutting;
    private boolean pieceLeft;

    /** Memory for a packet with its header, and for a piece of it; made when a driver comes. */
    private static final class Buffers {
        final MemorySegment packet = Arena.ofAuto().allocate(VirtioHeader.BYTES + Frame.MOST_BYTES);
        final Frame frame = new Frame(packet.asSlice(VirtioHeader.BYTES));
        final Frame piece = new Frame();
    }

    Transmitter(Network network, RateGate gate, Flows flows, int pair, Counters counters) {
        this.network = network;
        this.gate = gate;
        this.flows = flows;
        this.pair = pair;
        this.counters = counters;
    }

    synchronized void start(Virtqueue active, Set<Offload> offloads, int mtu) {
        if (buffers == null) {
            buffers = new Buffers();
        }
        queue = active;
        negotiated = offloads;
        mtuBytes = mtu;
    }

    synchronized void stop() {
        Virtqueue active = queue;
        DescriptorChain packet = held;
        if (active != null && packet != null) {
            active.putBack(packet);
        }
        held = null;
        queue = null;
    }

    /** Sends what there is; returns whether there may be more. */
    synchronized boolean run() {
        Virtqueue active = queue;
        Buffers memory = buffers;
        if (active == null || memory == null) {
            return false;
        }
        for (int i = 0; i < MOST_AT_ONCE; i++) {
            DescriptorChain packet = held != null ? held : take(active, memory);
            if (packet == null || !send(memory)) {
                return false;
            }
            held = null;
            active.complete(packet, 0);
        }
        return true;
    }

    /** The next packet that makes sense; others are dropped. */
    private @Nullable DescriptorChain take(Virtqueue active, Buffers memory) {
        for (DescriptorChain packet = active.next(); packet != null; packet = active.next()) {
            if (load(packet, memory)) {
                held = packet;
                admitted = false;
                cutting = false;
                flows.sent(memory.frame, pair);
                return packet;
            }
            counters.sentDropped.increment();
            active.complete(packet, 0);
        }
        return null;
    }

    private boolean load(DescriptorChain packet, Buffers memory) {
        long bytes = packet.readableBytes();
        if (bytes < VirtioHeader.BYTES + Frame.HEADER_BYTES || bytes > memory.packet.byteSize()) {
            return false;
        }
        packet.read(0, memory.packet.asSlice(0, bytes));
        Frame frame = memory.frame.reset((int) bytes - VirtioHeader.BYTES);
        return VirtioHeader.read(memory.packet, frame, false)
                && frame.asksOnlyFor(negotiated)
                && segments.isSound(frame)
                && fits(frame);
    }

    /** A packet, or what it is cut to, is no longer than the driver was told (5.1.4.1). */
    private boolean fits(Frame frame) {
        return frame.segmentation() == Frame.Segmentation.NONE
                ? frame.length() <= mtuBytes + Frame.HEADER_BYTES + VLAN_BYTES
                : frame.segmentBytes() + LEAST_HEADERS <= mtuBytes;
    }

    /** Returns whether the packet has been dealt with. */
    private boolean send(Buffers memory) {
        Frame frame = memory.frame;
        if (!admitted && !gate.passes(frame.length())) {
            return false;
        }
        admitted = true;
        if (!network.isUp()) {
            // The cable is out.
            counters.sentDropped.increment();
            return true;
        }
        boolean sent = !cutting && frame.asksOnlyFor(network.offloads()) ? network.send(frame) : sendPieces(memory);
        if (sent) {
            counters.sentFrames.increment();
            counters.sentBytes.add(frame.length());
        }
        return sent;
    }

    private boolean sendPieces(Buffers memory) {
        if (!cutting) {
            segments.begin(memory.frame);
            cutting = true;
            pieceLeft = false;
        }
        while (pieceLeft || segments.next(memory.piece)) {
            pieceLeft = !network.send(memory.piece);
            if (pieceLeft) {
                return false;
            }
        }
        return true;
    }
}
