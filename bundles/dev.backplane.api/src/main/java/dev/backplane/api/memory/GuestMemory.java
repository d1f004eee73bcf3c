package dev.backplane.api.memory;

import org.osgi.annotation.versioning.ProviderType;

/** The guest-physical memory of one machine. Addresses and lengths are in bytes and unsigned. Callable on any thread. */
@ProviderType
public interface GuestMemory {
    /**
     * Whether a range lies wholly within one range of RAM.
     *
     * @param gpa the first address
     * @param length how many bytes
     * @return false also where the sum wraps around
     */
    boolean contains(long gpa, long length);

    /**
     * Borrows a range to read it.
     *
     * @param gpa the first address
     * @param length how many bytes
     * @return the lease, to be closed by the caller
     * @throws GuestAddressException when the range is not wholly RAM: the guest's fault, not the device's
     */
    Lease read(long gpa, long length);

    /**
     * Borrows a range to write it.
     *
     * @param gpa the first address
     * @param length how many bytes
     * @return the lease, to be closed by the caller
     * @throws GuestAddressException when the range is not wholly RAM: the guest's fault, not the device's
     */
    Lease write(long gpa, long length);

    /**
     * Gives pages back to the host: they read as zeros afterwards and take no memory until somebody writes them again. For the guest
     * it is a write of zeros by a device, at a moment within the call. May block for as long as the host takes.
     *
     * @param gpa the first address, a multiple of 4096
     * @param length how many bytes, a multiple of 4096
     * @throws GuestAddressException when the range is not wholly RAM, or not of whole pages
     */
    void release(long gpa, long length);

    /**
     * The same for pages that nobody is to use: where the host tells that they take no memory, nothing happens, so that it may be asked often.
     *
     * @param gpa the first address, a multiple of 4096
     * @param length how many bytes, a multiple of 4096
     * @return how many bytes were given back; at most {@code length}
     * @throws GuestAddressException when the range is not wholly RAM, or not of whole pages
     */
    default long reclaim(long gpa, long length) {
        release(gpa, length);
        return length;
    }
}
