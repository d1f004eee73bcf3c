package dev.backplane.natives.kvm;

import dev.backplane.natives.HostException;
import dev.backplane.natives.event.EventCounter;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** One machine. Methods may be called from any thread and do not wait for vCPUs. */
@ProviderType
public interface KvmVm extends AutoCloseable {

    /**
     * Turns a capability on (KVM_ENABLE_CAP).
     *
     * @param capability KVM_CAP_...
     * @param argument its first argument
     */
    void enable(int capability, long argument) throws HostException;

    /** Three pages that some hosts need below 4 GiB (KVM_SET_TSS_ADDR). */
    void setTssAddress(long gpa) throws HostException;

    /** One page that some hosts need below 4 GiB (KVM_SET_IDENTITY_MAP_ADDR), to be set before the first vCPU. */
    void setIdentityMapAddress(long gpa) throws HostException;

    /**
     * Gives the guest memory, or changes whether writes to it are logged (KVM_SET_USER_MEMORY_REGION).
     *
     * @param slot which of the machine's pieces
     * @param gpa its guest-physical address, page-aligned
     * @param memory native and page-aligned; it has to stay mapped for as long as the machine has it
     * @param logWrites whether {@link #writtenPages} is to know what vCPUs write
     */
    void setMemory(int slot, long gpa, MemorySegment memory, boolean logWrites) throws HostException;

    /** Takes a piece of memory away. */
    void removeMemory(int slot) throws HostException;

    /**
     * What vCPUs have written since the last call, and begins anew (KVM_GET_DIRTY_LOG).
     *
     * @param slot a piece whose writes are logged
     * @param bitmap receives one bit a page, in units of eight bytes; native
     */
    void writtenPages(int slot, MemorySegment bitmap) throws HostException;

    /** Replaces all routes of interrupt numbers (KVM_SET_GSI_ROUTING); numbers without one lead nowhere. */
    void setRoutes(List<KvmRoute> routes) throws HostException;

    /**
     * Sends a message-signalled interrupt (KVM_SIGNAL_MSI). Allocates nothing.
     *
     * @param address its address
     * @param data its data
     * @return whether a local APIC took it
     */
    boolean signalMessage(long address, int data) throws HostException;

    /** Lets every signal of a counter send the message of an interrupt number (KVM_IRQFD). */
    void connectInterrupt(EventCounter counter, int number) throws HostException;

    /** Ends that. */
    void disconnectInterrupt(EventCounter counter, int number) throws HostException;

    /** Lets a guest's write signal a counter (KVM_IOEVENTFD). */
    void connectDoorbell(EventCounter counter, KvmDoorbell doorbell) throws HostException;

    /** Ends that. */
    void disconnectDoorbell(EventCounter counter, KvmDoorbell doorbell) throws HostException;

    /** The guest's paravirtual clock in nanoseconds (KVM_GET_CLOCK). */
    long clockNanos() throws HostException;

    /** Sets the guest's paravirtual clock (KVM_SET_CLOCK). */
    void setClockNanos(long nanos) throws HostException;

    /**
     * Makes a vCPU.
     *
     * @param id its number, which is its APIC ID
     */
    KvmVcpu createVcpu(int id) throws HostException;

    /** Gives the machine up; it goes when its vCPUs are closed too. A second call does nothing. */
    @Override
    void close();
}
