package dev.backplane.api.storage.image;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A format that can make new images. Its component implements it beside {@link dev.backplane.api.storage.StorageFormat StorageFormat}.
 *
 * @param <C> what can be chosen for a new image: a record whose components carry {@link dev.backplane.api.part.Option Option}, all optional or
 *     with defaults. Image tools accept each also as {@code -o name=value} in QEMU's spelling, so {@code clusterSize} is {@code
 *     cluster_size} there: take QEMU's names and meanings where it has the option
 */
@ConsumerType
public interface CreatableFormat<C extends Record> {
    /**
     * Writes an image of a disk that reads as zeros, or as its backing disk. It is complete and stable when this returns.
     *
     * @param options what was chosen
     * @param target where it goes, and what it is to be
     * @throws ConfigurationException when the options, the capacity or a backing disk cannot be had in this format
     * @throws StorageException when it cannot be written
     */
    void create(C options, ImageTarget target) throws ConfigurationException, StorageException;
}
