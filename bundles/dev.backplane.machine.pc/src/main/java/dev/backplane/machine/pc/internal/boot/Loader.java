package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.part.ConfigurationException;

/** One boot protocol. Stateless. Called on a kernel thread while no vCPU runs. */
interface Loader {
    /** What a file must have to fit, for the message about a file that fits none. */
    String looksFor();

    /** Whether the file is for this protocol, by its signature alone. */
    boolean fits(KernelFile kernel);

    /**
     * Puts the kernel and what its protocol asks for into memory.
     *
     * @return the state in which the boot processor enters it
     * @throws ConfigurationException when the file is not what its signature promised, or does not fit
     */
    VcpuState load(KernelFile kernel, BootRequest request) throws ConfigurationException;
}
