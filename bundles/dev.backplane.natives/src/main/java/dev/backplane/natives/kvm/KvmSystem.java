package dev.backplane.natives.kvm;

import dev.backplane.natives.HostException;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** The host's KVM. Methods may be called from any thread. Machines that it made outlive it. */
@ProviderType
public interface KvmSystem extends AutoCloseable {

    /** The interface's version, 12 on every host of the last fifteen years. */
    int apiVersion() throws HostException;

    /**
     * What the host says of a capability (KVM_CHECK_EXTENSION).
     *
     * @param number KVM_CAP_...
     * @return zero where it has it not, else its own kind of yes
     */
    int capability(int number) throws HostException;

    /** The answers to CPUID that the host can give at most (KVM_GET_SUPPORTED_CPUID). */
    List<KvmCpuidEntry> supportedCpuid() throws HostException;

    /** Makes a machine without memory and vCPUs. */
    KvmVm createVm() throws HostException;

    @Override
    void close();
}
