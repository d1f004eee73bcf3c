package dev.backplane.api.storage.image;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A format whose images may name other files: a backing disk, files with the data, further parts. The format never opens them by
 * itself: whoever wires a disk reads the names, decides whether each may be followed, and gives the layer as the option that
 * the reference names. Its component implements it beside {@link dev.backplane.api.storage.StorageFormat StorageFormat}.
 */
@ConsumerType
public interface ReferringFormat {
    /**
     * Reads the names.
     *
     * @param image the bytes of the image; only read
     * @return what it refers to, in the image's order; a copy
     * @throws StorageException when it is no image of this format, or damaged
     */
    List<ImageReference> references(Storage image) throws StorageException;
}
