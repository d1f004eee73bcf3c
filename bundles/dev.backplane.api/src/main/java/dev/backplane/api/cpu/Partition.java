package dev.backplane.api.cpu;

import dev.backplane.api.part.Part;
import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * The engine of one machine: its vCPUs against its memory. Life-cycle calls and {@link #load} come while no vCPU runs; the
 * rest may be called on any thread and does not block.
 */
@ConsumerType
public interface Partition extends Part<PartitionState> {
    /**
     * A vCPU.
     *
     * @param index its number, from 0
     * @return always the same object
     */
    Vcpu vcpu(int index);

    /**
     * Replaces the state of one vCPU. Called while it does not run: at the first start, after a reset, by a debugger.
     *
     * @param index its number
     * @param state the new state
     */
    void load(int index, VcpuState state);

    /**
     * The state of one vCPU. Called while it does not run.
     *
     * @param index its number
     * @return its state
     */
    VcpuState state(int index);

    /**
     * Delivers a message-signalled interrupt to the local APICs.
     *
     * @param address the message's address, as PCI and the I/O APIC form it (Intel SDM 3A, 12.11)
     * @param data the message's data
     */
    void message(long address, int data);

    /**
     * The level of the interrupt controller's output to the boot processor's LINT0 (ExtINT in virtual wire mode).
     *
     * @param up whether it asks for an acknowledge cycle
     */
    void external(boolean up);

    /**
     * Tells that memory was written by somebody else than a vCPU: code made from it must not run any more. Returns once no
     * vCPU can run it, or is called before the completion is signalled.
     *
     * @param offset the first byte, as an offset into the RAM segment
     * @param length how many bytes
     */
    void written(long offset, long length);

    /**
     * Takes the right to write without {@link dev.backplane.api.memory.MappedRam#markDirty} from every vCPU, for all
     * pages. Returns once every running vCPU has seen it.
     */
    void protectPages();

    /**
     * Counters since the partition was made, for people.
     *
     * @return by name, for instance {@code instructions}, {@code exits.port-read}
     */
    Map<String, Long> statistics();
}
