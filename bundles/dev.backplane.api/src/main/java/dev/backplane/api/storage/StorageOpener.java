package dev.backplane.api.storage;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Opens layers of disks: what {@link StorageFormat}, {@link StorageProtocol} and {@link StorageFilter} have in common. Called on kernel threads that may block.
 *
 * @param <O> its options
 * @param <S> the state of its layers
 */
@ConsumerType
public interface StorageOpener<O extends Record, S extends Record> {
    /**
     * Opens a layer, quiesced. Nothing is written.
     *
     * @param options its options
     * @param context all that it sees of the world
     * @return the layer
     * @throws ConfigurationException when the options cannot work here
     * @throws StorageException when it is not what the options say, or cannot be read
     */
    StorageLayer<S> open(O options, StorageContext context) throws ConfigurationException, StorageException;

    /**
     * Makes a layer that goes on from a saved state, quiesced. Nothing is written.
     *
     * @param options its options
     * @param context all that it sees of the world
     * @param state what a predecessor saved
     * @return the layer
     * @throws StateException when it cannot go on from that state
     * @throws ConfigurationException when the options cannot work here
     * @throws StorageException when it is not what the options say, or cannot be read
     */
    StorageLayer<S> restore(O options, StorageContext context, S state)
            throws StateException, ConfigurationException, StorageException;
}
