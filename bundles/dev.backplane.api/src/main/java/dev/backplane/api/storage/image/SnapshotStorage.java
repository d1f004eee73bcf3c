package dev.backplane.api.storage.image;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * An open image that can keep earlier contents in itself. Except for {@link #snapshots} and {@link #openSnapshot} its methods are called
 * while no request is in flight. Snapshots are named by their identifier, which is unique, or else by their name.
 */
@ConsumerType
public interface SnapshotStorage extends Storage {
    /**
     * The snapshots that it has.
     *
     * @return in the image's order; a copy
     * @throws StorageException when they cannot be read
     */
    List<ImageSnapshot> snapshots() throws StorageException;

    /**
     * Keeps what the disk holds now. It is stable when this returns.
     *
     * @param name what people call it
     * @return the snapshot
     * @throws StorageException when it cannot
     */
    ImageSnapshot createSnapshot(String name) throws StorageException;

    /**
     * Makes the disk hold what it held then, with the capacity that it had. What it holds now is lost. It is stable when this returns.
     *
     * @param idOrName which
     * @throws StorageException when it cannot: NOT_FOUND where there is none
     */
    void applySnapshot(String idOrName) throws StorageException;

    /**
     * Gives up a snapshot. It is stable when this returns.
     *
     * @param idOrName which
     * @throws StorageException when it cannot: NOT_FOUND where there is none
     */
    void deleteSnapshot(String idOrName) throws StorageException;

    /**
     * The disk as it was then, to be read as long as the layer is open and the snapshot is there.
     *
     * @param idOrName which
     * @return a storage that cannot be written
     * @throws StorageException when it cannot: NOT_FOUND where there is none
     */
    Storage openSnapshot(String idOrName) throws StorageException;
}
