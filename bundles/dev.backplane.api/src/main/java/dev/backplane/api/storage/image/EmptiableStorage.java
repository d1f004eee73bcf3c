package dev.backplane.api.storage.image;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import org.osgi.annotation.versioning.ConsumerType;

/** An open image that can give up everything of its own, so that its backing disk shows through. */
@ConsumerType
public interface EmptiableStorage extends Storage {
    /**
     * Gives up all bytes of its own. Called while no request is in flight. It is stable when this returns.
     *
     * @throws StorageException when it cannot: UNSUPPORTED where snapshots or the like stand on it
     */
    void empty() throws StorageException;
}
