package dev.backplane.natives.kvm;

import dev.backplane.natives.HostException;
import org.osgi.annotation.versioning.ProviderType;

/** Where virtual machines come from. */
@ProviderType
public interface HostKvm {

    /**
     * Opens {@code /dev/kvm}.
     *
     * @throws HostException ENOENT where the host has none, EACCES where this user may not
     */
    KvmSystem open() throws HostException;
}
