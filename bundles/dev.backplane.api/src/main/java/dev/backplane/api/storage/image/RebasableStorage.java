package dev.backplane.api.storage.image;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/** An open image that can be put onto another backing disk. */
@ConsumerType
public interface RebasableStorage extends Storage {
    /**
     * Writes another backing disk into the image, and nothing else: whoever calls this has seen to it that the disk still reads
     * as it should. It is stable when this returns, and works when the image is opened next.
     *
     * @param backing the backing disk; empty for none
     * @throws StorageException when it cannot: UNSUPPORTED where the format cannot express it
     */
    void rebase(Optional<BackingImage> backing) throws StorageException;
}
