package dev.backplane.api.storage.image;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/** Where a new image goes, and what it is to be. For the thread of {@link CreatableFormat#create} alone. */
@ProviderType
public interface ImageTarget {
    /**
     * What the image is written to.
     *
     * @return an empty storage that can be written and resized. One of a fixed length, a block device for instance, reads as
     *     whatever was there, and its {@code resize} throws
     */
    ResizableStorage image();

    /**
     * What the image's file is called, for formats whose parts name each other.
     *
     * @return the last name of its path, for instance {@code disk.vmdk}
     */
    String name();

    /**
     * Makes another file in the same folder, for formats that spread an image over several.
     *
     * @param name the last name of its path
     * @return an empty storage
     * @throws ConfigurationException when it is not a plain name, there is such a file already, or it cannot be made
     * @throws StorageException when it cannot be written
     */
    ResizableStorage sibling(String name) throws ConfigurationException, StorageException;

    /**
     * The length of the disk.
     *
     * @return bytes, a multiple of 512
     */
    long capacityBytes();

    /**
     * The disk that shows through where the image has nothing of its own.
     *
     * @return the backing disk, if there is to be one
     */
    Optional<BackingImage> backing();
}
