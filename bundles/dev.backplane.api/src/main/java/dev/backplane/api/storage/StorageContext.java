package dev.backplane.api.storage;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.PartContext;
import java.nio.file.Path;
import org.osgi.annotation.versioning.ProviderType;

/** All that a layer of a disk sees of the world. */
@ProviderType
public interface StorageContext extends PartContext {
    /**
     * A layer that an option refers to. A call waits while that layer's bay is away.
     *
     * @param reference from the options
     * @return the storage; {@link ResizableStorage#resize} throws where the layer cannot be resized
     */
    ResizableStorage storage(StorageRef reference);

    /**
     * A file of the host. It is locked as long as the bay has it, so that nobody writes what somebody else uses: QEMU and its tools
     * keep to the same locks. A part that is made beside another reads it: what would change it throws an {@link java.io.IOException}
     * until the part has the place.
     *
     * @param path which; it exists
     * @param writable whether it is to be written
     * @return the open file, the same for every part of this bay
     * @throws ConfigurationException when it cannot be opened, or somebody else uses it: the message says who
     */
    ImageFile file(Path path, boolean writable) throws ConfigurationException;

    /**
     * Whether the image is only to be described: nothing of the disk itself is read or written, so that an encrypted one may be opened
     * without its passphrase. A layer that was refuses every request.
     *
     * @return false where the disk is used
     */
    default boolean onlyDescribed() {
        return false;
    }

    /**
     * Has requests handed back while the layer, or what stands on it, comes to rest. A layer that keeps a request waiting for a reason of its
     * own, and not in a call to the layer below, asks here before it waits and every 100 ms meanwhile: otherwise the machine could not be
     * paused, nor the layer replaced, before the request goes on. Never blocks.
     *
     * @throws StorageException of kind AWAY when it is so, for the request to fail with: it is made again later, as if it were new
     */
    void handBackAtRest() throws StorageException;
}
