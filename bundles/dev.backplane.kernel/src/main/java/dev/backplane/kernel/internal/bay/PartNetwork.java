package dev.backplane.kernel.internal.bay;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.Network;
import dev.backplane.api.network.NetworkListener;
import dev.backplane.api.network.Offload;
import java.util.Set;

/** One generation of a device's hold on a network. */
final class PartNetwork extends Hold<NetworkListener> implements Network {
    private final NetworkFront front;

    PartNetwork(BasicContext context, NetworkFront front) {
        super(context, front);
        this.front = front;
    }

    @Override
    public boolean send(Frame frame) {
        return acts() && front.send(frame);
    }

    @Override
    public boolean receive(Frame frame) {
        return acts() && front.receive(frame);
    }

    @Override
    public Set<Offload> offloads() {
        return front.offloads();
    }

    @Override
    public boolean isUp() {
        return front.isUp();
    }

    @Override
    public int mtuBytes() {
        return front.mtuBytes();
    }
}
