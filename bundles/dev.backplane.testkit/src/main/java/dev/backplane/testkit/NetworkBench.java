package dev.backplane.testkit;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.NetworkBackend;
import dev.backplane.api.network.NetworkPort;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;

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
public final class NetworkBench<O extends Record, S extends Record> extends EndBench<NetworkPort<S>, S> {
    private final Frame outgoing = new Frame();
    private final Frame incoming = new Frame();

    private NetworkBench(NetworkBackend<O, S> backend, O options) throws ConfigurationException {
        super("network", new Maker<>() {
            @Override
            public NetworkPort<S> create(EndContext context) throws ConfigurationException {
                return backend.create(options, context);
            }

            @Override
            public NetworkPort<S> restore(EndContext context, S state) throws StateException, ConfigurationException {
                return backend.restore(options, context, state);
            }
        });
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
        return started(() -> make(backend, options), options);
    }

    /**
     * Sends a frame, if there is room.
     *
     * @param bytes all of it, with nothing left to do
     * @return whether it was taken
     */
    public boolean send(byte[] bytes) {
        return port().send(outgoing.set(bytes));
    }

    /**
     * Sends a frame as a device does: when it is refused, it waits to be told that there is room.
     *
     * @param bytes all of it, with nothing left to do
     */
    public void sendAll(byte[] bytes) {
        while (!send(bytes)) {
            await(bells().writable(), "told that there is room");
        }
    }

    /**
     * Receives a frame, if there is one.
     *
     * @param frame filled
     * @return whether there was one
     */
    public boolean receive(Frame frame) {
        return port().receive(frame);
    }

    /**
     * Receives a frame as a device does: when there is none, it waits to be told that there is one.
     *
     * @return the frame, of this bench
     */
    public Frame receiveFrame() {
        while (!receive(incoming)) {
            await(bells().readable(), "told of a frame");
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
        while (port().isUp() != up) {
            await(bells().changed(), "told of the link");
        }
    }
}
