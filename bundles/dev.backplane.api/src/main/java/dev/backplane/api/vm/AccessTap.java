package dev.backplane.api.vm;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Sees the accesses that the devices of a machine have answered. Of a doorbell ({@link dev.backplane.api.device.pci.PciDoorbell
 * PciDoorbell}) it may hear on another thread than the vCPU's, once for several writes and without the value.
 */
@ConsumerType
@FunctionalInterface
public interface AccessTap {
    /**
     * An access that has happened.
     *
     * @param port whether it went to a port, else to memory
     * @param write whether it wrote
     * @param address the port or the guest-physical address
     * @param size in bytes
     * @param value what was read or written
     */
    void access(boolean port, boolean write, long address, int size, long value);
}
