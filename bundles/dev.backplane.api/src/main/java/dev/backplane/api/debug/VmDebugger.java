package dev.backplane.api.debug;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A debugger's hold on one machine, from {@link Vm#debugger}. While it has stopped the guest all vCPUs and the guest's clock stand
 * still; the machine is {@code PAUSED} then. Callable on any thread but those that call a {@link DebugListener}.
 *
 * <p>Registers and memory may be touched only while the guest is stopped. What survives a reset of the guest, or the exchange
 * of its CPU backend: break- and watchpoints.
 */
@ProviderType
public interface VmDebugger extends AutoCloseable {
    /**
     * How many vCPUs there are.
     *
     * @return from 1
     */
    int vcpus();

    /**
     * Stops the guest and tells the listener, with {@link DebugStop.Cause#ASKED}; does nothing when it is stopped. Before the
     * machine is started: it will be stopped before its first instruction.
     *
     * @throws VmException when the machine has ended
     */
    void stop() throws VmException;

    /**
     * Whether this debugger has stopped the guest.
     *
     * @return whether it stands still
     */
    boolean stopped();

    /**
     * Lets the guest go on.
     *
     * @param modes by vCPU, as many as there are; one at least is not {@link RunMode#STAY}
     * @throws VmException when it is not stopped, or has ended
     */
    void proceed(List<RunMode> modes) throws VmException;

    /**
     * The registers of a vCPU.
     *
     * @param vcpu its number
     * @return its state
     * @throws VmException when the guest is not stopped
     */
    VcpuState state(int vcpu) throws VmException;

    /**
     * Replaces the registers of a vCPU.
     *
     * @param vcpu its number
     * @param state its new state
     * @throws VmException when the guest is not stopped, or the state is refused
     */
    void load(int vcpu, VcpuState state) throws VmException;

    /**
     * Reads RAM as a vCPU sees it.
     *
     * @param vcpu whose page tables count
     * @param linear the linear address
     * @param target where to
     * @return how many bytes could be read before the first that is not mapped to RAM
     * @throws VmException when the guest is not stopped
     */
    int read(int vcpu, long linear, byte[] target) throws VmException;

    /**
     * Writes RAM as a vCPU sees it, without regard to rights.
     *
     * @param vcpu whose page tables count
     * @param linear the linear address
     * @param source what to write
     * @return how many bytes could be written before the first that is not mapped to RAM
     * @throws VmException when the guest is not stopped
     */
    int write(int vcpu, long linear, byte[] source) throws VmException;

    /**
     * Replaces all break- and watchpoints, for all vCPUs. Also before the start.
     *
     * @param points all that there are from now on
     * @throws VmException when the backend cannot have them
     */
    void stopPoints(List<StopPoint> points) throws VmException;

    /** Detaches: break- and watchpoints are gone, and the guest goes on. */
    @Override
    void close();
}
