package dev.backplane.api.machine;

import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.memory.RamRange;
import dev.backplane.api.time.GuestClock;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** All that a board sees of the world. Callable on any thread. */
@ProviderType
public interface MachineContext {
    /**
     * The machine's name.
     *
     * @return as the VM file gives it
     */
    String vm();

    /**
     * How many vCPUs the machine has when it begins.
     *
     * @return from 1
     */
    int vcpus();

    /**
     * How many vCPUs the machine may have. Those beyond {@link #vcpus} come and go as {@link ProcessorBoard} tells.
     *
     * @return from {@link #vcpus}
     */
    int possibleVcpus();

    /**
     * The ranges of RAM, as {@link MachineModel#memoryMap} gave them.
     *
     * @return the ranges
     */
    List<RamRange> ram();

    /**
     * Guest memory.
     *
     * @return the memory
     */
    GuestMemory memory();

    /**
     * The guest's clock.
     *
     * @return the clock
     */
    GuestClock clock();

    /**
     * A logger that names the machine.
     *
     * @return the logger
     */
    System.Logger logger();

    /**
     * Asks for a reset of the machine. Returns at once.
     *
     * @param reason for the log
     */
    void requestReset(String reason);

    /**
     * A device in a slot has lost its power, or its bus is being reset: it goes back to its power-on state. Returns at once; accesses to
     * its windows wait from now on until that is done.
     *
     * @param device the bay's identifier; nothing happens where there is none
     */
    void resetDevice(String device);

    /**
     * The guest has given a processor back, asked or not: it is not among {@link ProcessorBoard#processors} any more. Returns at once.
     *
     * @param vcpu its number, from 1
     */
    void processorEjected(int vcpu);

    /**
     * The guest has switched itself off. Returns at once.
     *
     * @param reason for the log
     */
    void powerOff(String reason);
}
