package dev.backplane.api.storage;

import dev.backplane.api.part.PartContext;
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
}
