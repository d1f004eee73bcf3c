package dev.backplane.api.console;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * One kind of far end for character streams: a stateless component declared with {@link ConsoleType}. Called on kernel
 * threads.
 *
 * @param <O> its options
 * @param <S> its state
 */
@ConsumerType
public interface ConsoleBackend<O extends Record, S extends Record> {
    /**
     * Makes a far end, quiesced.
     *
     * @param options its options
     * @param context all that it sees of the world
     * @return the far end
     * @throws ConfigurationException when the options cannot work here
     */
    ConsolePort<S> create(O options, ConsoleContext context) throws ConfigurationException;

    /**
     * Makes a far end that goes on from a saved state, quiesced.
     *
     * @param options its options
     * @param context all that it sees of the world
     * @param state what a predecessor saved
     * @return the far end
     * @throws StateException when it cannot go on from that state
     * @throws ConfigurationException when the options cannot work here
     */
    ConsolePort<S> restore(O options, ConsoleContext context, S state) throws StateException, ConfigurationException;
}
