package dev.backplane.api.storage.image;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import org.osgi.annotation.versioning.ConsumerType;

/** An open image, or place for bytes, that has something to tell about itself. */
@ConsumerType
public interface DescribedStorage extends Storage {
    /**
     * What it is.
     *
     * @return as of now; a copy
     * @throws StorageException when it cannot be read
     */
    ImageDescription describe() throws StorageException;
}
