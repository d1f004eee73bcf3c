package dev.backplane.api.storage.image;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageException;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Disks outside of machines, for image tools and servers: a service of the kernel. It wires layers as a machine does, follows what images
 * refer to where that is allowed, and locks what it opens. Callable on any thread; blocks.
 */
@ProviderType
public interface DiskManager {
    /**
     * Opens a disk with all its layers.
     *
     * @param request which, and how
     * @return the disk, to be closed by the caller
     * @throws ConfigurationException when the request cannot be met: the message is for the person who made it
     * @throws StorageException when an image is not what it should be, or cannot be read
     */
    OpenDisk open(DiskRequest request) throws ConfigurationException, StorageException;

    /**
     * Makes a new image where nothing is, or where something is that is to be lost.
     *
     * @param disk what it is to be
     * @throws ConfigurationException when it cannot be had
     * @throws StorageException when it cannot be written
     */
    void create(NewDisk disk) throws ConfigurationException, StorageException;

    /**
     * Checks an image. Its backing disks are not opened.
     *
     * @param request which; to be opened for writing where something is to be repaired
     * @param mode what to do about what is found
     * @return what was found; empty where the format cannot be checked
     * @throws ConfigurationException when the request cannot be met
     * @throws StorageException when nothing can be said about the image
     */
    Optional<CheckReport> check(DiskRequest request, CheckMode mode) throws ConfigurationException, StorageException;

    /**
     * Looks which format an image has. Nothing that a guest can write to may be opened for writing in a format that was found like this.
     *
     * @param location where it is
     * @return the format that knows it; empty where none does, and where several do
     * @throws ConfigurationException when it cannot be opened
     * @throws StorageException when it cannot be read
     */
    Optional<String> recognize(String location) throws ConfigurationException, StorageException;
}
