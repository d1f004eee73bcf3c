package dev.backplane.device.virtio.net.internal;

import static dev.backplane.device.virtio.net.internal.NetLayout.*;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.device.virtio.VirtioDevice;
import dev.backplane.api.device.virtio.VirtioPort;
import dev.backplane.api.device.virtio.VirtioState;
import dev.backplane.api.device.virtio.Virtqueue;
import dev.backplane.api.network.Network;
import dev.backplane.api.network.NetworkListener;
import dev.backplane.api.part.Configurable;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Measured;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A network card (virtio 1.2, 5.1): a {@link Transmitter} for each queue that sends, one {@link Receiver} for those that receive, and the
 * {@link Controls}.
 */
final class NetDevice implements Device<NetState>, VirtioDevice, NetworkListener, Configurable<NetOptions>, Measured {
    /** A driver may count on so much (5.1.4.1). */
    private static final int LEAST_MTU = 1280;

    private final NetOptions options;
    private final Network network;
    private final Counters counters = new Counters();
    private final Flows flows = new Flows();
    private final Controls controls;
    private final RateGate sendGate;
    private final RateGate receiveGate;
    private final List<Transmitter> transmitters = new ArrayList<>();
    private final List<Worker> sending = new ArrayList<>();
    private final Receiver receiver;
    private final Worker receiving;
    private VirtioPort port;
    private volatile int mtuBytes;
    private volatile boolean linkUp = true;
    private volatile boolean announce;
    /** A driver has come that was not there before. */
    private boolean isAnew = true;

    private volatile List<Virtqueue> queues = List.of();
    private volatile int controlQueue = -1;

    NetDevice(NetOptions options, DeviceContext context, byte[] mac) {
        this.options = options;
        network = context.network(options.network());
        controls = new Controls(mac, options.queues(), this::announced);
        sendGate = new RateGate(context, options.sendLimit(), this::writable);
        receiveGate = new RateGate(context, options.receiveLimit(), this::readable);
        for (int pair = 0; pair < options.queues(); pair++) {
            Transmitter transmitter = new Transmitter(network, sendGate, flows, pair, counters);
            transmitters.add(transmitter);
            sending.add(new Worker(context, transmitter::run));
        }
        receiver = new Receiver(network, receiveGate, flows, controls, counters);
        receiving = new Worker(context, receiver::run);
        network.listen(this);
    }

    /** Goes on from a state. */
    void restore(NetState state) throws StateException {
        mtuBytes = state.mtuBytes();
        linkUp = state.linkUp();
        announce = state.announce();
        isAnew = false;
        controls.restore(state.controls());
        receiver.restore(state.received());
    }

    /** Connects it. */
    NetDevice on(VirtioPort transport) {
        port = transport;
        return this;
    }

    // The virtio device

    @Override
    public void activate(long features, List<Virtqueue> active) {
        controls.negotiated(features, isAnew);
        isAnew = false;
        boolean several = (features >>> F_MQ & 1) != 0;
        int pairs = several ? options.queues() : 1;
        controlQueue = (features >>> F_CTRL_VQ & 1) != 0 ? 2 * pairs : -1;
        List<VirtioState.Queue> set = port.save().queues();
        List<Virtqueue> receive = new ArrayList<>();
        List<Integer> sizes = new ArrayList<>();
        for (int pair = 0; pair < pairs; pair++) {
            receive.add(active.get(2 * pair));
            sizes.add(set.get(2 * pair).size());
            transmitters.get(pair).start(active.get(2 * pair + 1), Offloads.ofDevice(features), mtuBytes);
        }
        receiver.start(receive, sizes, features, mtuBytes);
        queues = active;
    }

    @Override
    public void deactivate(Deadline deadline) {
        // Nothing blocks in a worker: its monitor is free soon.
        transmitters.forEach(Transmitter::stop);
        receiver.stop();
        queues = List.of();
    }

    @Override
    public void driverReset() {
        announce = false;
        isAnew = true;
        controls.forget();
        receiver.forget();
        flows.forget();
    }

    @Override
    public void process(int number) {
        if (number == controlQueue) {
            control(queues.get(number));
        } else if ((number & 1) == 0) {
            receiving.run();
        } else if (number / 2 < sending.size()) {
            sending.get(number / 2).run();
        }
    }

    private void control(Virtqueue queue) {
        for (DescriptorChain command = queue.next(); command != null; command = queue.next()) {
            queue.complete(command, controls.carryOut(command));
        }
    }

    private void announced() {
        announce = false;
    }

    @Override
    public long readConfiguration(int offset, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (long) octet(offset + i) << 8 * i;
        }
        return value;
    }

    private int octet(int at) {
        if (at < MAC_BYTES) {
            return controls.state().mac()[at] & 0xff;
        }
        int status = (linkUp ? S_LINK_UP : 0) | (announce ? S_ANNOUNCE : 0);
        int field = at < MAX_PAIRS ? status : at < MTU ? options.queues() : mtuBytes;
        return field >>> 8 * (at & 1) & 0xff;
    }

    // The network's listener

    @Override
    public void readable() {
        receiving.wake();
    }

    @Override
    public void writable() {
        sending.forEach(Worker::wake);
    }

    @Override
    public void linkChanged() {
        boolean up = network.isUp();
        if (up != linkUp) {
            linkUp = up;
            port.configurationChanged();
        }
        // What waited for a network that did something may not wait for one that does not.
        writable();
    }

    // The part

    @Override
    public void configure(NetOptions next) {
        sendGate.limit(next.sendLimit());
        receiveGate.limit(next.receiveLimit());
    }

    @Override
    public Map<String, Long> statistics() {
        return counters.all();
    }

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        port.quiesce(deadline);
    }

    @Override
    public NetState save() {
        return new NetState(mtuBytes, linkUp, announce, controls.state(), receiver.save(), port.save());
    }

    @Override
    public void resume(Resumption why) {
        if (mtuBytes == 0) {
            mtuBytes = Math.max(LEAST_MTU, options.mtu() == 0 ? network.mtuBytes() : options.mtu());
        }
        boolean up = network.isUp();
        // The controls learn what was negotiated later.
        boolean moved = hasMoved(why) && (port.save().driverFeatures() >>> F_GUEST_ANNOUNCE & 1) != 0;
        boolean changed = up != linkUp || moved;
        linkUp = up;
        announce |= moved;
        port.resume();
        if (changed) {
            port.configurationChanged();
        }
    }

    /** Somewhere else the network does not know where the guest is (5.1.6.5.4). */
    private static boolean hasMoved(Resumption why) {
        return switch (why.cause()) {
            case SNAPSHOT, CLONE, MIGRATION -> true;
            default -> false;
        };
    }

    @Override
    public void reset(ResetKind kind) {
        mtuBytes = 0;
        linkUp = true;
        driverReset();
        port.reset();
    }

    @Override
    public void close() {
        port.close();
    }
}
