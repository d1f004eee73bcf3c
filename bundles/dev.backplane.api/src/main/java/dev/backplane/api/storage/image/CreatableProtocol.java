package dev.backplane.api.storage.image;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A protocol that can make new places for bytes, such as files. Its component implements it beside {@link
 * dev.backplane.api.storage.StorageProtocol StorageProtocol}.
 *
 * @param <O> the same options with which it is opened
 */
@ConsumerType
public interface CreatableProtocol<O extends Record> {
    /**
     * Makes an empty one, or empties the one that is there. It can be opened with the same options afterwards.
     *
     * @param options which
     * @param context all that it sees of the world
     * @throws ConfigurationException when it cannot be made there
     * @throws StorageException when it cannot be emptied
     */
    void create(O options, StorageContext context) throws ConfigurationException, StorageException;
}
