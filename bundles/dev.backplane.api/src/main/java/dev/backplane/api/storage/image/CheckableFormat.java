package dev.backplane.api.storage.image;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A format that can tell whether an image is consistent. It is the format's ability and not the layer's, since what is to be
 * repaired may be in no state to be opened. Its component implements it beside {@link dev.backplane.api.storage.StorageFormat StorageFormat}.
 *
 * @param <O> the same options with which it is opened
 */
@ConsumerType
public interface CheckableFormat<O extends Record> {
    /**
     * Looks at all of an image's tables, and repairs them where that is asked for. Backing disks are neither needed nor looked at.
     *
     * @param options which image
     * @param context all that it sees of the world
     * @param mode what to do about what is found
     * @return what was found; what was repaired is stable
     * @throws ConfigurationException when the options cannot work here
     * @throws StorageException when the image is so damaged that nothing can be said about it, or cannot be read or written
     */
    CheckReport check(O options, StorageContext context, CheckMode mode)
            throws ConfigurationException, StorageException;
}
