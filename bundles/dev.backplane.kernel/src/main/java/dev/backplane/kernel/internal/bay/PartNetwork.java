package dev.backplane.kernel.internal.bay;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.Network;
import dev.backplane.api.network.NetworkListener;
import dev.backplane.api.network.Offload;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One generation of a device's hold on a network. */
final class PartNetwork implements Network {
    private final BasicContext context;
    private final NetworkFront front;
    private volatile @Nullable NetworkListener listener;

    PartNetwork(BasicContext context, NetworkFront front) {
        this.context = context;
        this.front = front;
        front.attach(this);
    }

    @Override
    public boolean send(Frame frame) {
        context.lifeline.check();
        return front.send(frame);
    }

    @Override
    public boolean receive(Frame frame) {
        context.lifeline.check();
        return front.receive(frame);
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

    @Override
    public void listen(NetworkListener next) {
        context.lifeline.check();
        listener = next;
        front.signalAll();
    }

    void signalAll() {
        front.signalAll();
    }

    /** On the signal thread. A closed gate drops the call: opening it brings all of them again. */
    void tell(Consumer<NetworkListener> what) {
        NetworkListener told = listener;
        if (told == null || !context.gate.enter()) {
            return;
        }
        try {
            what.accept(told);
        } catch (RuntimeException | Error e) {
            if (!context.lifeline.isCut()) {
                context.threw(e);
            }
        } finally {
            context.gate.exit();
        }
    }

    void cut() {
        listener = null;
        front.detach(this);
    }
}
