package dev.backplane.api.cpu;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * One way of running virtual CPUs: a stateless component declared with {@link CpuType}. Called on kernel threads. Its
 * parts are {@link Partition}s; their state is always {@link PartitionState}.
 *
 * @param <O> its own options, beside {@code type} and {@code model}
 */
@ConsumerType
public interface CpuBackend<O extends Record> {
    /**
     * Whether this host can run it. Called once per process and kept; may take some tens of milliseconds.
     *
     * @return the finding
     */
    CpuProbe probe();

    /**
     * Whether its vCPUs are {@link CountedVcpu}s, so that a machine on virtual time can have it.
     *
     * @return always the same
     */
    default boolean countsInstructions() {
        return false;
    }

    /**
     * Makes the engine of one machine, quiesced, with every vCPU in the state after power-on.
     *
     * @param options its own options
     * @param context all that it sees of the world
     * @return the engine
     * @throws ConfigurationException when the options cannot work here: an unknown CPU model, too many vCPUs
     */
    Partition create(O options, PartitionContext context) throws ConfigurationException;

    /**
     * Makes the engine of one machine, quiesced, that goes on from a saved state.
     *
     * @param options its own options
     * @param context all that it sees of the world
     * @param state what a predecessor saved, perhaps of another backend
     * @return the engine
     * @throws StateException when it cannot go on from that state
     * @throws ConfigurationException when the options cannot work here
     */
    Partition restore(O options, PartitionContext context, PartitionState state)
            throws StateException, ConfigurationException;
}
