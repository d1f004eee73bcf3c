package dev.backplane.api.storage.image;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/** An open disk: a layer, and what it stands on. Calls go straight to the plugin's layer. */
@ProviderType
public interface OpenDisk extends AutoCloseable {
    /**
     * The layer's type.
     *
     * @return a format's or a protocol's
     */
    String type();

    /**
     * Where it is.
     *
     * @return the path of the file that holds it, or whatever was asked for
     */
    String location();

    /**
     * The layer. What else it can do is what other interfaces it implements: {@code disk.storage() instanceof SnapshotStorage}.
     *
     * @return always the same
     */
    Storage storage();

    /**
     * The layer below, which holds the image.
     *
     * @return a layer of this disk, closed with it; empty for a protocol's
     */
    Optional<OpenDisk> imageLayer();

    /**
     * The disk that shows through.
     *
     * @return a layer of this disk, closed with it; empty where there is none and where it was not to be opened
     */
    Optional<OpenDisk> backingDisk();

    /**
     * What the image refers to.
     *
     * @return as the image names it
     */
    List<ImageReference> references();

    /**
     * A backing disk for {@link RebasableStorage#rebase}: this one, under the name that the image is to have for it.
     *
     * @param name a path, absolute or relative to the image's folder
     * @return the backing disk, usable as long as this disk is open
     */
    BackingImage asBacking(String name);

    /**
     * Writes what is kept in memory, flushes and closes all layers.
     *
     * @throws StorageException when something could not be written: then nothing is known of what was not flushed before
     *
     */
    @Override
    void close() throws StorageException;
}
