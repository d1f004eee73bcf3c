package dev.backplane.network.vswitch.internal;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.FrameQueue;
import dev.backplane.api.network.NetworkContext;
import dev.backplane.api.network.NetworkPort;
import dev.backplane.api.network.Offload;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Measured;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.part.RevokedException;
import dev.backplane.api.state.StateException;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedSet;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** One machine's port. Other machines' frames come on their own threads, into its queue. */
final class SwitchPort implements NetworkPort<SwitchState>, Measured {
    private final NetworkContext context;
    private final SwitchOptions options;
    private final Switches.Hold network;
    private final FrameQueue queue;
    private final @Nullable Capture capture;
    private final @Nullable Alias alias;
    private final LongAdder lost = new LongAdder();
    /** Guarded by the switch's table. */
    private final SequencedSet<Long> addresses = new LinkedHashSet<>();

    private volatile boolean takes;

    SwitchPort(
            SwitchOptions options,
            NetworkContext context,
            Switches.Hold network,
            @Nullable Capture capture,
            @Nullable Alias alias) {
        this.options = options;
        this.context = context;
        this.network = network;
        this.capture = capture;
        this.alias = alias;
        queue = new FrameQueue(options.queue());
    }

    SwitchPort restore(SwitchState state) throws StateException {
        if (state.addresses().length > AddressTable.OF_ONE_PORT) {
            throw new StateException("%d addresses at one port: expected at most %d"
                    .formatted(state.addresses().length, AddressTable.OF_ONE_PORT));
        }
        queue.restore(state.frames());
        for (long address : state.addresses()) {
            addresses.add(address);
        }
        if (alias != null) {
            // One that had no other address yet was seen under its own.
            alias.know(state.own() != 0 || addresses.isEmpty() ? state.own() : addresses.getLast());
        }
        return this;
    }

    SequencedSet<Long> addresses() {
        return addresses;
    }

    @Override
    public boolean send(Frame frame) {
        if (capture != null) {
            capture.saw(frame);
        }
        if (alias != null) {
            alias.outwards(frame);
        }
        network.get().forward(this, frame);
        return true;
    }

    /** A frame for this port. On a thread of another machine, to which nothing that is wrong here may happen. */
    void deliver(Frame frame) {
        if (!takes || !queue.offer(frame)) {
            lost.increment();
            return;
        }
        try {
            context.readable();
        } catch (RevokedException e) {
            takes = false;
            network.get().detach(this);
        }
    }

    @Override
    public boolean receive(Frame frame) {
        boolean found = queue.poll(frame);
        if (found && alias != null) {
            alias.inwards(frame);
        }
        if (found && capture != null) {
            capture.saw(frame);
        }
        return found;
    }

    /** All: a frame reaches another guest as the first one made it, and its device does what that guest does not. */
    @Override
    public Set<Offload> offloads() {
        return Set.of(Offload.CHECKSUM, Offload.TCP4, Offload.TCP6, Offload.TCP_ECN);
    }

    @Override
    public int mtuBytes() {
        return options.mtu();
    }

    @Override
    public Map<String, Long> statistics() {
        return Map.of("lost-frames", lost.sum(), "waiting-frames", (long) queue.frames());
    }

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        // Frames still arrive, as long as there is room: a machine that is paused finds the last ones when it goes on.
        if (capture != null) {
            capture.stop(deadline);
        }
    }

    @Override
    public SwitchState save() {
        takes = false;
        return new SwitchState(queue.save(), network.get().known(this), alias == null ? 0 : alias.own());
    }

    @Override
    public void resume(Resumption why) {
        takes = true;
        if (why.cause() == Resumption.Cause.CLONE) {
            // They are the other machine's, which may be on the switch too.
            addresses.clear();
        }
        network.get().attach(this);
        if (capture != null) {
            capture.start();
        }
    }

    @Override
    public void close() {
        takes = false;
        network.close(this);
    }
}
