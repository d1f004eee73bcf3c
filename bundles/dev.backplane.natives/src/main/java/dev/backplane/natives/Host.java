package dev.backplane.natives;

import dev.backplane.natives.event.HostEvents;
import dev.backplane.natives.file.HostFiles;
import dev.backplane.natives.kvm.HostKvm;
import dev.backplane.natives.memory.HostMemory;
import dev.backplane.natives.network.HostTaps;
import dev.backplane.natives.process.HostProcess;
import dev.backplane.natives.terminal.HostTerminals;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The host that this process runs on, as a service.
 *
 * <p>The C library is bound at the first call that needs it, not when the service is activated. On a host that is not
 * Linux each such call throws {@link UnsupportedOperationException} with the reason.
 */
@ProviderType
public interface Host {

    /** Mappings and anonymous memory files. */
    HostMemory memory();

    /** Files by descriptor, and open-file-description locks. */
    HostFiles files();

    /** Terminal modes, sizes, and byte streams that can be woken. */
    HostTerminals terminals();

    /** This process and its threads. */
    HostProcess process();

    /** Event counters, and the wait for many of them. */
    HostEvents events();

    /** Network interfaces whose other side is this process. */
    HostTaps taps();

    /**
     * Virtual machines of the host's kernel.
     *
     * @throws UnsupportedOperationException where the host's processor is not x86-64: the message says so
     */
    HostKvm kvm();
}
