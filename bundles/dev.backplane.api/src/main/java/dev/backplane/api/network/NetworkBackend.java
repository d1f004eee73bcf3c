package dev.backplane.api.network;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * One kind of network: a stateless component declared with {@link NetworkType}. Called on kernel threads that may block.
 *
 * @param <O> its options
 * @param <S> the state of its ports
 */
@ConsumerType
public interface NetworkBackend<O extends Record, S extends Record> {
    /**
     * Makes a device's port, quiesced.
     *
     * @param options its options
     * @param context all that it sees of the world
     * @return the port
     * @throws ConfigurationException when the options cannot work here
     */
    NetworkPort<S> create(O options, NetworkContext context) throws ConfigurationException;

    /**
     * Makes a device's port that goes on from a saved state, quiesced.
     *
     * @param options its options
     * @param context all that it sees of the world
     * @param state what a predecessor saved
     * @return the port
     * @throws StateException when it cannot go on from that state
     * @throws ConfigurationException when the options cannot work here
     */
    NetworkPort<S> restore(O options, NetworkContext context, S state) throws StateException, ConfigurationException;
}
