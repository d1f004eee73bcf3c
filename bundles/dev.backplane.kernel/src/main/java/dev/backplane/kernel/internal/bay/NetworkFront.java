package dev.backplane.kernel.internal.bay;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.NetworkListener;
import dev.backplane.api.network.NetworkPort;
import dev.backplane.api.network.Offload;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The side of a network's bay that devices use. While the bay does not run it takes nothing and gives nothing, and shows the link as it
 * was; when it runs again the device is told to look at everything. While the machine is isolated the link is down, and what is sent goes
 * nowhere. Sending and receiving allocate nothing.
 */
public final class NetworkFront extends Front<NetworkListener> {
    private static final int LEAST_MTU = 68;
    private static final int MOST_MTU = 65_535;

    private final Isolation isolation;
    private final Consumer<Throwable> failures;
    private final Signals.Signal readable;
    private final Signals.Signal writable;
    private final Signals.Signal link;
    private volatile @Nullable Plug plug;
    private volatile boolean up = true;
    private volatile Set<Offload> offloads = Set.of();
    private volatile int mtuBytes = 1500;

    /** A port whose bay runs, with what it takes, and the gate that counts the calls into it. */
    private record Plug(NetworkPort<?> port, Set<Offload> offloads, CallGate gate) {}

    NetworkFront(Signals signals, Isolation isolation, Consumer<Throwable> failures) {
        this.isolation = isolation;
        this.failures = failures;
        readable = signals.signal(() -> tellOpen(NetworkListener::readable));
        writable = signals.signal(() -> tellOpen(NetworkListener::writable));
        link = signals.signal(() -> tellOpen(NetworkListener::linkChanged));
        isolation.await(this::signalAll);
    }

    boolean send(Frame frame) {
        if (isolation.isOn()) {
            return true;
        }
        Plug to = plug;
        if (to == null || !to.gate.enter()) {
            return false;
        }
        try {
            if (frame.asksOnlyFor(to.offloads)) {
                return to.port.send(frame);
            }
            // Another part has come that does less. The device looks again.
            writable.raise();
            return false;
        } catch (RuntimeException | Error e) {
            failed(to, e);
            return false;
        } finally {
            to.gate.exit();
        }
    }

    boolean receive(Frame frame) {
        Plug from = plug;
        if (isolation.isOn() || from == null || !from.gate.enter()) {
            return false;
        }
        try {
            return from.port.receive(frame);
        } catch (RuntimeException | Error e) {
            failed(from, e);
            return false;
        } finally {
            from.gate.exit();
        }
    }

    private void failed(Plug which, Throwable thrown) {
        if (which == plug) {
            failures.accept(thrown);
        }
    }

    /** A part has been made: a device looks at what it is before either runs. */
    void prepare(NetworkPort<?> part) {
        offloads = Set.copyOf(part.offloads());
        mtuBytes = Math.clamp(part.mtuBytes(), LEAST_MTU, MOST_MTU);
    }

    void open(NetworkPort<?> part, CallGate gate) {
        prepare(part);
        plug = new Plug(part, offloads, gate);
        link();
        signalAll();
    }

    void close() {
        plug = null;
    }

    Set<Offload> offloads() {
        return offloads;
    }

    boolean isUp() {
        return up && !isolation.isOn();
    }

    boolean isIsolated() {
        return isolation.isOn();
    }

    int mtuBytes() {
        return mtuBytes;
    }

    @Override
    void signalAll() {
        readable.raise();
        writable.raise();
        link.raise();
    }

    void signalReadable() {
        readable.raise();
    }

    void signalWritable() {
        writable.raise();
    }

    void signalLink() {
        link();
        link.raise();
    }

    /** What the part says is kept for the time when it is away. */
    private void link() {
        Plug of = plug;
        if (of == null) {
            return;
        }
        try {
            up = of.port.isUp();
        } catch (RuntimeException | Error e) {
            failed(of, e);
        }
    }

    private void tellOpen(Consumer<NetworkListener> what) {
        if (plug != null) {
            tell(what);
        }
    }
}
