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
}
