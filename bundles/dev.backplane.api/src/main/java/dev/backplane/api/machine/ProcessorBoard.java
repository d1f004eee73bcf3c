package dev.backplane.api.machine;

import java.util.BitSet;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Implemented by a {@link Board} whose processors may come and go while the machine runs, up to {@link MachineContext#possibleVcpus}. Calls
 * come on a kernel thread, one at a time, also while vCPUs run; they do not block. What the guest has it keeps over a reset, and the state of
 * a {@link RestorableBoard} tells it.
 */
@ConsumerType
public interface ProcessorBoard {
    /**
     * The processors that the guest has; after power-on the first {@link MachineContext#vcpus}. Callable on any thread.
     *
     * @return a copy, by number; the boot processor, 0, is always among them
     */
    BitSet processors();

    /**
     * Gives the guest a processor, whose driver is told. The vCPU waits for its start-up message.
     *
     * @param vcpu one that the guest does not have, less than {@link MachineContext#possibleVcpus}
     */
    void insertProcessor(int vcpu);

    /**
     * Asks the guest to give a processor back. A guest may refuse, ignore it, or take its time; {@link MachineContext#processorEjected} is
     * called when it has.
     *
     * @param vcpu one that the guest has, from 1
     */
    void askForProcessor(int vcpu);
}
