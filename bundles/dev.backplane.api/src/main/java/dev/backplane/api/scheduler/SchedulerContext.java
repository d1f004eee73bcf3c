package dev.backplane.api.scheduler;

import dev.backplane.api.part.PartContext;
import java.util.BitSet;
import org.osgi.annotation.versioning.ProviderType;

/** All that a scheduler sees of the world. Callable on any thread; does not block. */
@ProviderType
public interface SchedulerContext extends PartContext {
    /**
     * How many vCPUs the machine may have.
     *
     * @return from 1
     */
    int vcpus();

    /**
     * The vCPUs that the guest has at this moment: the others want nothing until it gets them. Who has to agree to that is an {@link
     * AdmittingScheduler}.
     *
     * @return by number; a copy
     */
    BitSet present();

    /**
     * The host's time. Allocates nothing.
     *
     * @return nanoseconds since some moment, monotonic, the same for all machines of the process
     */
    long hostNanos();

    /**
     * The processor time that the thread of a vCPU has used: in the guest and in the devices that it called. Allocates nothing; costs a
     * system call.
     *
     * @param vcpu its number
     * @return nanoseconds since its thread began, monotonic
     */
    long cpuNanos(int vcpu);

    /**
     * Has a vCPU that waits ask for a slice again. Nothing happens when it does not wait. Allocates nothing.
     *
     * @param vcpu its number
     */
    void proceed(int vcpu);

    /**
     * Brings a vCPU out of the guest before its slice is over: it asks for the next one. Nothing but one more question comes of it when
     * it does not run. Allocates nothing.
     *
     * @param vcpu its number
     */
    void preempt(int vcpu);

    /**
     * The host's processors on which this process may run.
     *
     * @return by number; a copy
     */
    BitSet processors();

    /**
     * Binds the threads of all vCPUs to processors (sched_setaffinity(2)), until another call; when the part leaves its bay they are free again.
     *
     * @param processors some of {@link #processors}
     * @return false where the host does not do it: its log says why, once
     */
    boolean bind(BitSet processors);

    /**
     * Gives the threads of all vCPUs together a weight in the host's own scheduling (cgroup v2, {@code cpu.weight}), until another call
     * or until the part leaves its bay.
     *
     * @param weight from 1 to 10000; 100 is what everything else has
     * @return false where the host has no such groups or the process may not make them: the log says why, once
     */
    boolean hostWeight(int weight);
}
