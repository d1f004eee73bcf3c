package dev.backplane.api.machine;

import dev.backplane.api.memory.RamRange;
import dev.backplane.api.part.ConfigurationException;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * One kind of board: a stateless component declared with {@link MachineType}. A published board never changes what the guest
 * sees of it: a new one gets a new type.
 */
@ConsumerType
public interface MachineModel {
    /**
     * Where RAM lies. A pure function.
     *
     * @param memoryBytes how much RAM the machine has
     * @return the ranges, ascending, page-aligned
     * @throws ConfigurationException when the board cannot have that much, or that little
     */
    List<RamRange> memoryMap(long memoryBytes) throws ConfigurationException;

    /**
     * Makes a board in its power-on state, quiesced.
     *
     * @param context all that it sees of the world
     * @return the board
     * @throws ConfigurationException when it cannot be made
     */
    Board create(MachineContext context) throws ConfigurationException;
}
