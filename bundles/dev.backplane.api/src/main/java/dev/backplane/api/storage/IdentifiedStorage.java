package dev.backplane.api.storage;

import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A storage whose contents have an identifier, another one after each time that somebody has written. An image that stands on it notes which one
 * it was made over, and does not show a mix of the two when it has become another. Layers implement it where their format has such an identifier;
 * the kernel and filters pass it on.
 */
@ConsumerType
public interface IdentifiedStorage extends Storage {
    /**
     * The identifier of what it holds. Callable wherever a read is.
     *
     * @return as the format writes it; empty where there is none
     * @throws StorageException when it cannot be read: NOT_FOUND where the image stands for itself, and this was not opened
     */
    Optional<String> contentId() throws StorageException;

    /**
     * The identifier of what any storage holds.
     *
     * @param storage which
     * @return as {@link #contentId()} does; empty for one that has none
     * @throws StorageException as {@link #contentId()} does
     */
    static Optional<String> contentId(Storage storage) throws StorageException {
        return storage instanceof IdentifiedStorage identified ? identified.contentId() : Optional.empty();
    }
}
