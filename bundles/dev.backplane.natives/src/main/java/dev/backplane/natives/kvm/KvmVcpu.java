package dev.backplane.natives.kvm;

import dev.backplane.natives.HostException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * One vCPU. {@link #run} is called by one platform thread at a time, {@link #kick} by any; the rest while it does not run.
 */
@ProviderType
public interface KvmVcpu extends AutoCloseable {
    /** The size of an element of {@link #readMsrs}: number at 0, value at 8. */
    int MSR_BYTES = 16;

    /** {@code kvm_run}: why the guest was left, and the data of that. Lives as long as the vCPU is open. */
    MemorySegment area();

    /**
     * Runs the guest until it has to be left (KVM_RUN). Allocates nothing.
     *
     * @return true where {@link #area} tells why; false where it was kicked, at an instruction boundary with every earlier exit
     *     completed
     * @throws HostException EFAULT where guest memory is not mapped, or the host's own reason
     */
    boolean run() throws HostException;

    /**
     * Makes {@link #run} return false soon: the one that is running, or the next one, which completes the exit before it and
     * executes nothing. Kicks do not add up. Allocates nothing, does not wait, does nothing once closed.
     */
    void kick();

    /**
     * Reads a part of the state.
     *
     * @param block which
     * @param target native, as large as the block at least
     */
    void read(KvmBlock block, MemorySegment target) throws HostException;

    /**
     * Writes a part of the state.
     *
     * @param block which
     * @param source native, as large as the block at least
     */
    void write(KvmBlock block, MemorySegment source) throws HostException;

    /** Sets the answers to CPUID, before the first run and before other state (KVM_SET_CPUID2). */
    void setCpuid(List<KvmCpuidEntry> entries) throws HostException;

    /**
     * Reads model-specific registers (KVM_GET_MSRS).
     *
     * @param msrs native; elements of {@link #MSR_BYTES} with numbers, which receive values
     * @param count how many
     * @return how many were read: fewer where the next is unknown to the host
     */
    int readMsrs(MemorySegment msrs, int count) throws HostException;

    /**
     * Writes model-specific registers (KVM_SET_MSRS).
     *
     * @param msrs native; elements of {@link #MSR_BYTES} with numbers and values
     * @param count how many
     * @return how many were written: fewer where the host refuses the next
     */
    int writeMsrs(MemorySegment msrs, int count) throws HostException;

    /**
     * Where a linear address leads now (KVM_TRANSLATE).
     *
     * @return the guest-physical address, or -1 where none is mapped
     */
    long translate(long linear) throws HostException;

    /** Injects an interrupt where the machine has no controller of the host's, or beside a split one (KVM_INTERRUPT). */
    void interrupt(int vector) throws HostException;

    /** The frequency of its time stamp counter in kHz (KVM_GET_TSC_KHZ). */
    int tscKhz() throws HostException;

    /**
     * Sets the frequency of its time stamp counter (KVM_SET_TSC_KHZ).
     *
     * @param khz kilohertz
     * @return false where the host cannot: it stays as it was
     */
    boolean setTscKhz(int khz) throws HostException;

    /** Whether {@link #tscOffset} is there (KVM_VCPU_TSC_OFFSET). */
    boolean hasTscOffset();

    /** What the host adds to its own, scaled time stamp counter. */
    long tscOffset() throws HostException;

    /** Sets what the host adds to its own, scaled time stamp counter. */
    void setTscOffset(long offset) throws HostException;

    /**
     * Tells the guest's watchdogs that it stood still (KVM_KVMCLOCK_CTRL).
     *
     * @return false where the guest does not use the paravirtual clock
     */
    boolean markClockStopped() throws HostException;

    /** Kicks it and gives it up once it does not run. A second call does nothing. */
    @Override
    void close();
}
