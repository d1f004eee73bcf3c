package dev.backplane.api.scheduler;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * One kind of scheduler: a component declared with {@link SchedulerType}. Called on kernel threads. What it makes for one machine
 * shares the host's processors with what it has made for others: it is one object for all machines of the process that name its
 * type, as long as its plugin is there.
 *
 * @param <O> its options
 * @param <S> the state of what it makes
 */
@ConsumerType
public interface SchedulerFactory<O extends Record, S extends Record> {
    /**
     * Makes the scheduler of one machine, quiesced.
     *
     * @param options its options
     * @param context all that it sees of the world
     * @return the scheduler
     * @throws ConfigurationException when the options cannot work here: a processor that the host has not, more than is left
     */
    VcpuScheduler<S> create(O options, SchedulerContext context) throws ConfigurationException;

    /**
     * Makes the scheduler of one machine that goes on from a saved state, quiesced.
     *
     * @param options its options
     * @param context all that it sees of the world
     * @param state what a predecessor saved
     * @return the scheduler
     * @throws StateException when it cannot go on from that state
     * @throws ConfigurationException when the options cannot work here
     */
    VcpuScheduler<S> restore(O options, SchedulerContext context, S state)
            throws StateException, ConfigurationException;
}
