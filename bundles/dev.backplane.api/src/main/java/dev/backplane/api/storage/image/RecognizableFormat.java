package dev.backplane.api.storage.image;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A format that knows its images when it sees them. Asked for images that are only read and whose format was not declared, never for a disk
 * that a guest can write. Its component implements it beside {@link dev.backplane.api.storage.StorageFormat StorageFormat}.
 */
@ConsumerType
public interface RecognizableFormat {
    /**
     * Whether it looks like an image of this format. Reads a few bytes.
     *
     * @param image the bytes
     * @param name the last name of its path
     * @return whether it carries this format's mark
     * @throws StorageException when it cannot be read
     */
    boolean recognizes(Storage image, String name) throws StorageException;
}
