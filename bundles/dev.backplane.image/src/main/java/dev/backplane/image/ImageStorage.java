package dev.backplane.image;

import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.StorageException;
import org.osgi.annotation.versioning.ConsumerType;

/** What an {@link ImageLayer} is made of: a storage that may hold something back until it is asked for. */
@ConsumerType
public interface ImageStorage extends MappedStorage {
    /**
     * Passes on to the layer below, in the order that the format demands, what has been held back. It need not be stable.
     *
     * @throws StorageException when it cannot be written
     */
    void passOn() throws StorageException;
}
