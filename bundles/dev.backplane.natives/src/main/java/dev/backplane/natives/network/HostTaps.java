package dev.backplane.natives.network;

import dev.backplane.natives.HostException;
import org.osgi.annotation.versioning.ProviderType;

/** Opens taps. Methods may be called from any thread. */
@ProviderType
public interface HostTaps {

    /**
     * Opens a tap. Its frames have a header of {@link Tap#HEADER_BYTES} before them, in the form of virtio's (little-endian), that says what
     * checksum and segmentation is left to do.
     *
     * @param name the interface; one that is there is opened if it is this user's, else it is made and lasts as long as the tap
     * @throws HostException ENOENT or EACCES on /dev/net/tun, EPERM where this user may not have the interface, EBUSY where somebody has
     */
    Tap open(String name) throws HostException;
}
