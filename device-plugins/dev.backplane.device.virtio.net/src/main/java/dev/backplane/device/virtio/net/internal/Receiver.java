package dev.backplane.device.virtio.net.internal;

import static dev.backplane.device.virtio.net.internal.NetLayout.*;

import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.device.virtio.Virtqueue;
import dev.backplane.api.network.Frame;
import dev.backplane.api.network.FrameQueue;
import dev.backplane.api.network.Network;
import dev.backplane.api.network.Segments;
import dev.backplane.api.network.VirtioHeader;
import dev.backplane.api.state.StateException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Takes frames from the network and puts them into the driver's buffers (5.1.6.4). While there is no room a frame waits here, and the others
 * in the network; a frame that the driver does not want, or for which it has no buffers of the right size, is dropped. What a frame
 * leaves to do and the driver does not is done here. The monitor guards everything; allocates nothing in the steady state.
 */
final class Receiver {
    /** So many at once, then others on the part's threads have a turn. */
    private static final int MOST_AT_ONCE = 256;

    private static final int VLAN_BYTES = 4;

    private final Network network;
    private final RateGate gate;
    private final Flows flows;
    private final Controls controls;
    private final Counters counters;
    private final Segments segments = new Segments();
    private final Packet whole = new Packet();
    private final Packet piece = new Packet();
    /** The buffers of one packet. */
    private final List<DescriptorChain> filled = new ArrayList<>();

    private List<Queue> queues = List.of();
    private boolean mergeable;
    private int mtuBytes;

    /** Whether the frame is not dealt with yet. */
    private boolean holding;

    private boolean admitted;
    private boolean cutting;
    private boolean pieceLeft;

    /** A frame with room for its header before it. */
    private static final class Packet {
        final MemorySegment memory = Arena.ofAuto().allocate(VirtioHeader.BYTES + Frame.MOST_BYTES);
        final Frame frame = new Frame(memory.asSlice(VirtioHeader.BYTES));
    }

    /** A queue with the buffers that were taken from it and are not filled yet. */
    private record Queue(Virtqueue queue, int mostTaken, Deque<DescriptorChain> taken) {}

    Receiver(Network network, RateGate gate, Flows flows, Controls controls, Counters counters) {
        this.network = network;
        this.gate = gate;
        this.flows = flows;
        this.controls = controls;
        this.counters = counters;
    }

    /** @param sizes the sizes of the queues */
    synchronized void start(List<Virtqueue> active, List<Integer> sizes, long features, int mtu) {
        List<Queue> started = new ArrayList<>();
        for (int i = 0; i < active.size(); i++) {
            // A driver that has no other buffers than those that were taken would wait for ever.
            started.add(new Queue(active.get(i), Math.max(1, sizes.get(i) / 2), new ArrayDeque<>()));
        }
        queues = List.copyOf(started);
        mergeable = (features >>> F_MRG_RXBUF & 1) != 0;
        mtuBytes = mtu;
        cutting = false;
    }

    synchronized void stop() {
        for (Queue each : queues) {
            while (!each.taken.isEmpty()) {
                each.queue.putBack(each.taken.removeLast());
            }
        }
        queues = List.of();
    }

    /** The driver has reset the device, or the machine itself. */
    synchronized void forget() {
        holding = false;
    }

    synchronized byte[] save() {
        if (!holding) {
            return new byte[0];
        }
        FrameQueue queue = new FrameQueue(Frame.MOST_BYTES + FrameQueue.RECORD_BYTES);
        queue.offer(whole.frame);
        return queue.save();
    }

    synchronized void restore(byte[] saved) throws StateException {
        FrameQueue queue = new FrameQueue(Frame.MOST_BYTES + FrameQueue.RECORD_BYTES);
        queue.restore(saved);
        if (queue.frames() > 1) {
            throw new StateException("%d frames wait: expected one at most".formatted(queue.frames()));
        }
        holding = queue.poll(whole.frame) && segments.isSound(whole.frame);
    }

    /** Receives what there is; returns whether there may be more. */
    synchronized boolean run() {
        if (queues.isEmpty()) {
            return false;
        }
        for (int i = 0; i < MOST_AT_ONCE; i++) {
            if (!holding) {
                if (!network.receive(whole.frame)) {
                    return false;
                }
                holding = accepts(whole.frame);
                admitted = false;
                cutting = false;
                if (!holding) {
                    counters.receivedDropped.increment();
                    continue;
                }
            }
            if (!admitted && !gate.passes(whole.frame.length())) {
                return false;
            }
            admitted = true;
            if (!deliver()) {
                return false;
            }
            holding = false;
        }
        return true;
    }

    private boolean accepts(Frame frame) {
        return segments.isSound(frame)
                && ReceiveFilter.accepts(controls.state(), controls.features(), frame)
                && (frame.segmentation() != Frame.Segmentation.NONE
                        || frame.length() <= mtuBytes + Frame.HEADER_BYTES + VLAN_BYTES);
    }

    /** Returns whether the frame has been dealt with. */
    private boolean deliver() {
        int pair = flows.pair(whole.frame);
        if (!cutting && whole.frame.asksOnlyFor(controls.receives())) {
            return place(pair, whole);
        }
        if (!cutting) {
            segments.begin(whole.frame);
            cutting = true;
            pieceLeft = false;
        }
        while (pieceLeft || segments.next(piece.frame)) {
            pieceLeft = !place(pair, piece);
            if (pieceLeft) {
                return false;
            }
        }
        return true;
    }

    /** Puts a packet into the buffers of a queue, or drops it. Returns false where it has to wait for buffers. */
    private boolean place(int pair, Packet packet) {
        // The driver may have gone over to fewer queues meanwhile.
        Queue to = queues.get(pair % Math.min(controls.state().pairs(), queues.size()));
        long bytes = VirtioHeader.BYTES + packet.frame.length();
        long room = 0;
        int buffers = 0;
        for (DescriptorChain each : to.taken) {
            if (room < bytes) {
                room += each.writableBytes();
                buffers++;
            }
        }
        while (room < bytes) {
            if (to.taken.size() >= (mergeable ? to.mostTaken : 1)) {
                counters.receivedDropped.increment();
                return true;
            }
            DescriptorChain next = to.queue.next();
            if (next == null) {
                return false;
            }
            if (next.writableBytes() == 0) {
                to.queue.complete(next, 0);
                continue;
            }
            to.taken.add(next);
            room += next.writableBytes();
            buffers++;
        }
        boolean good = (controls.features() >>> F_GUEST_CSUM & 1) != 0;
        VirtioHeader.write(packet.memory.asSlice(0, VirtioHeader.BYTES), packet.frame, good, buffers);
        long at = 0;
        for (int i = 0; i < buffers; i++) {
            DescriptorChain buffer = to.taken.removeFirst();
            long count = Math.min(buffer.writableBytes(), bytes - at);
            buffer.write(0, packet.memory.asSlice(at, count));
            filled.add(buffer);
            at += count;
        }
        // A driver that sees the first looks for the others at once.
        to.queue.complete(filled, bytes);
        filled.clear();
        counters.receivedFrames.increment();
        counters.receivedBytes.add(packet.frame.length());
        return true;
    }
}
