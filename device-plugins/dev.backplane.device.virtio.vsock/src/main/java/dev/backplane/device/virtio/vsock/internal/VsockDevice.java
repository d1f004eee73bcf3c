package dev.backplane.device.virtio.vsock.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.virtio.VirtioDevice;
import dev.backplane.api.device.virtio.VirtioPort;
import dev.backplane.api.device.virtio.Virtqueue;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Measured;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.part.RevokedException;
import java.util.List;
import java.util.Map;

/** Sockets between guest and host (virtio 1.2, 5.10). The event queue stays unused: connections that end are told one by one. */
final class VsockDevice implements Device<VsockState>, VirtioDevice, Measured {
    private final VsockOptions options;
    private final DeviceContext context;
    private final Sockets sockets;
    private final HostLoop loop;
    private final Hub hub;
    private VirtioPort port;
    /** It comes to rest, so that a driver that loses its queues has not given them up. */
    private volatile boolean resting;
    /** Whether the sockets are this part's: from the time that it runs to its save. */
    private boolean owner;

    VsockDevice(VsockOptions options, DeviceContext context, Sockets sockets) {
        this.options = options;
        this.context = context;
        this.sockets = sockets;
        loop = new HostLoop(context);
        hub = new Hub(options, sockets, loop::wake);
    }

    /** Connects it. */
    VsockDevice on(VirtioPort transport) {
        port = transport;
        return this;
    }

    void restore(VsockState state) {
        hub.restore(state);
    }

    @Override
    public Map<String, Long> statistics() {
        return hub.statistics();
    }

    // The virtio device

    @Override
    public void activate(long features, List<Virtqueue> active) {
        hub.activate(active);
    }

    @Override
    public void deactivate(Deadline deadline) {
        hub.deactivate(!resting);
    }

    @Override
    public void process(int number) {
        hub.process();
    }

    @Override
    public long readConfiguration(int offset, int size) {
        return options.cid() >>> 8 * offset & -1L >>> 64 - 8 * size;
    }

    // The part

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        resting = true;
        loop.stop(deadline);
        port.quiesce(deadline);
    }

    @Override
    public VsockState save() {
        owner = false;
        return hub.save(port.save());
    }

    @Override
    public void resume(Resumption why) {
        owner = true;
        resting = false;
        hub.resume();
        port.resume();
        try {
            loop.start(hub, sockets.listener());
        } catch (ConfigurationException e) {
            context.fail(String.valueOf(e.getMessage()), null);
        }
    }

    @Override
    public void reset(ResetKind kind) {
        hub.powerOn();
        port.reset();
    }

    /** Before the first resume and after a save the sockets are another part's; otherwise this is the device's end. */
    @Override
    public void close() {
        port.close();
        if (owner) {
            owner = false;
            try {
                hub.dropAll();
                sockets.close();
            } catch (RevokedException fenced) {
                // The sockets stay with the bay, for whoever comes next.
            }
        }
    }
}
