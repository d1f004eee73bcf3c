package dev.backplane.testkit;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.NetworkBackend;
import dev.backplane.api.network.NetworkContext;
import dev.backplane.api.network.NetworkPort;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * A bay with a port on a network, driven by a test in the place of a device.
 *
 * <pre>{@code
 * try (var bench = NetworkBench.plug(new UserNetwork(), options)) {
 *     bench.sendAll(arpRequest);
 *     byte[] reply = bench.receiveNext();
 *     bench.swap();
 * }
 * }</pre>
 *
 * @param <O> its options
 * @param <S> its state
 */
public final class NetworkBench<O extends Record, S extends Record> implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final NetworkBackend<O, S> backend;
    private final O options;
    private final TestMachine machine = new TestMachine();
    private final HostResources resources = new HostResources();
    private final Semaphore readable = new Semaphore(0);
    private final Semaphore writable = new Semaphore(0);
    private final Semaphore link = new Semaphore(0);
    private final Frame outgoing = new Frame();
    private final Frame incoming = new Frame();
    private Context context;
    private NetworkPort<S> port;
    private boolean running;

    private NetworkBench(NetworkBackend<O, S> backend, O options) throws ConfigurationException {
        this.backend = backend;
        this.options = options;
        this.context = new Context();
        this.port = backend.create(options, context);
    }

    /**
     * A bay whose part is made and not started.
     *
     * @param <O> its options
     * @param <S> its state
     * @param backend makes it
     * @param options its options
     * @return the bench
     * @throws ConfigurationException when the backend refuses the options
     */
    public static <O extends Record, S extends Record> NetworkBench<O, S> make(NetworkBackend<O, S> backend, O options)
            throws ConfigurationException {
        return new NetworkBench<>(backend, options);
    }

    /**
     * A bay whose part runs.
     *
     * @param <O> its options
     * @param <S> its state
     * @param backend makes it
     * @param options its options
     * @return the bench
     */
    public static <O extends Record, S extends Record> NetworkBench<O, S> plug(
            NetworkBackend<O, S> backend, O options) {
        try {
            NetworkBench<O, S> bench = make(backend, options);
            bench.resume(Resumption.STARTED);
            return bench;
        } catch (ConfigurationException e) {
            throw new AssertionError("the backend refuses its options " + options, e);
        }
    }

    /**
     * What it is plugged into.
     *
     * @return with what parts reported as failures
     */
    public TestMachine machine() {
        return machine;
    }

    /**
     * The port.
     *
     * @return the part of this moment
     */
    public NetworkPort<S> port() {
        return port;
    }

    /**
     * Sends a frame, if there is room.
     *
     * @param bytes all of it, with nothing left to do
     * @return whether it was taken
     */
    public boolean send(byte[] bytes) {
        return port.send(outgoing.set(bytes));
    }

    /**
     * Sends a frame as a device does: when it is refused, it waits to be told that there is room.
     *
     * @param bytes all of it, with nothing left to do
     */
    public void sendAll(byte[] bytes) {
        while (!send(bytes)) {
            await(writable, "told that there is room");
        }
    }

    /**
     * Receives a frame, if there is one.
     *
     * @param frame filled
     * @return whether there was one
     */
    public boolean receive(Frame frame) {
        return port.receive(frame);
    }

    /**
     * Receives a frame as a device does: when there is none, it waits to be told that there is one.
     *
     * @return the frame, of this bench
     */
    public Frame receiveFrame() {
        while (!port.receive(incoming)) {
            await(readable, "told of a frame");
        }
        return incoming;
    }

    /**
     * The bytes of {@link #receiveFrame}.
     *
     * @return the frame
     */
    public byte[] receiveNext() {
        return receiveFrame().toByteArray();
    }

    /**
     * Waits for the link to be up, or down.
     *
     * @param up which
     */
    public void awaitLink(boolean up) {
        while (port.isUp() != up) {
            await(link, "told of the link");
        }
    }

    /** Closes the gate and brings the part to rest. */
    public void quiesce() {
        try {
            port.quiesce(Deadline.in(PATIENCE));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("quiesce was interrupted", e);
        }
        running = false;
    }

    /**
     * Lets the part go on.
     *
     * @param why as it is told
     */
    public void resume(Resumption why) {
        running = true;
        port.resume(why);
        // What the bay does: whoever waits looks again.
        readable.release();
        writable.release();
        link.release();
    }

    /**
     * Replaces the part by a new one that goes on from its state.
     *
     * @return the state that moved
     */
    public S swap() {
        quiesce();
        S state = PlainState.copy(port.save());
        Context next = new Context();
        NetworkPort<S> successor = restore(next, state);
        port.close();
        context.revoke();
        context = next;
        port = successor;
        resume(new Resumption(Resumption.Cause.SWAP, Duration.ZERO));
        return state;
    }

    /** Begins a swap that fails after the successor was made: the old part goes on. */
    public void swapAndRollBack() {
        quiesce();
        Context next = new Context();
        NetworkPort<S> successor = restore(next, PlainState.copy(port.save()));
        successor.close();
        next.revoke();
        resume(new Resumption(Resumption.Cause.ROLLBACK, Duration.ZERO));
    }

    /**
     * Makes a part from a state beside the one that runs, while that rests, and throws it away.
     *
     * @param state what it goes on from
     * @throws StateException when the backend refuses it
     */
    public void rehearse(S state) throws StateException {
        quiesce();
        Context shadow = new Context();
        try {
            backend.restore(options, shadow, state).close();
        } catch (ConfigurationException e) {
            throw new AssertionError("the backend refuses its options " + options, e);
        } finally {
            shadow.revoke();
            resume(new Resumption(Resumption.Cause.ROLLBACK, Duration.ZERO));
        }
    }

    /** Empties the bay: quiesces and closes the part, and closes the bay's host resources. */
    @Override
    public void close() {
        if (running) {
            quiesce();
        }
        port.close();
        port.close();
        context.revoke();
        resources.close();
    }

    /** Whether no task of the part is left behind after {@link #close}. */
    boolean tasksEnd() throws InterruptedException {
        return context.tasksEnd(PATIENCE.toSeconds());
    }

    private NetworkPort<S> restore(Context next, S state) {
        try {
            return backend.restore(options, next, state);
        } catch (StateException | ConfigurationException e) {
            throw new AssertionError("the backend refuses the state that it saved: " + PlainState.render(state), e);
        }
    }

    private void await(Semaphore signal, String what) {
        try {
            if (!signal.tryAcquire(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("a device waits in vain to be " + what + "; failures: " + machine.failures());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** One generation's context. Its signals are permits that the bench waits for. */
    private final class Context extends TestPartContext implements NetworkContext {
        Context() {
            super("network", machine, resources);
        }

        @Override
        public void readable() {
            check();
            readable.release();
        }

        @Override
        public void writable() {
            check();
            writable.release();
        }

        @Override
        public void linkChanged() {
            check();
            link.release();
        }
    }
}
