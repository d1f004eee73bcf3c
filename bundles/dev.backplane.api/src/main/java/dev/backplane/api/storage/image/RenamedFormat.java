package dev.backplane.api.storage.image;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A format that QEMU knows by another name than its type. Image tools understand both, and images that name their backing file's format get QEMU's.
 * Its component implements it beside {@link dev.backplane.api.storage.StorageFormat StorageFormat}.
 */
@ConsumerType
public interface RenamedFormat {
    /**
     * QEMU's name.
     *
     * @return for instance {@code vpc} for {@code vhd}
     */
    String qemuName();
}
