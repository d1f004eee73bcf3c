package dev.backplane.api.storage;

import org.osgi.annotation.versioning.ConsumerType;

/** A storage whose length can be changed while it is used. Layers implement it where they can; the kernel passes it on. */
@ConsumerType
public interface ResizableStorage extends Storage {
    /**
     * Changes its length. What is added reads as zeros, what is cut off is lost.
     *
     * @param capacityBytes the new length
     * @throws StorageException when it cannot: of kind UNSUPPORTED where it never can
     */
    void resize(long capacityBytes) throws StorageException;
}
