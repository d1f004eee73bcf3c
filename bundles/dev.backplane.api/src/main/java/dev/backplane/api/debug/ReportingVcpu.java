package dev.backplane.api.debug;

import org.osgi.annotation.versioning.ConsumerType;

/** A {@link dev.backplane.api.cpu.Vcpu Vcpu} that can say where it stands, if it also implements this. */
@ConsumerType
public interface ReportingVcpu {
    /**
     * What people need to find out why the guest ended here: the last exceptions, registers, code around the instruction
     * pointer, the top of the stack, and a likely cause. Called while it does not run, after a triple fault. The library
     * {@code dev.backplane.x86.report} makes it of a state.
     *
     * @return several lines
     */
    String report();
}
