package dev.backplane.kernel.internal.bay;

import java.util.BitSet;

/** What the scheduler of a machine asks of the kernel's vCPU threads. Callable on any thread; does not block, but for the binding. */
public interface SchedulerPort {
    /** How many vCPUs the machine may have. */
    int count();

    /**
     * The vCPUs that the guest has.
     *
     * @return a copy
     */
    BitSet present();

    /**
     * Has a vCPU that waits for a slice ask again.
     *
     * @param vcpu its number
     */
    void proceed(int vcpu);

    /**
     * Brings a vCPU out of the guest.
     *
     * @param vcpu its number
     */
    void preempt(int vcpu);

    /**
     * What a vCPU's thread has used of the host's processors.
     *
     * @param vcpu its number
     * @return nanoseconds
     */
    long cpuNanos(int vcpu);

    /**
     * The host's processors on which this process may run.
     *
     * @return a copy
     */
    BitSet processors();

    /**
     * Binds all vCPU threads to processors.
     *
     * @param owner who asks
     * @param processors which
     * @return what is in the way; empty where nothing is
     */
    String bind(Object owner, BitSet processors);

    /**
     * Gives all vCPU threads together a weight in the host's scheduling.
     *
     * @param owner who asks
     * @param weight from 1 to 10000
     * @return what is in the way; empty where nothing is
     */
    String hostWeight(Object owner, int weight);

    /**
     * Takes back what somebody has bound and weighted, unless another one has done so since.
     *
     * @param owner who asked for it
     */
    void unbind(Object owner);

    /** Another scheduler decides from now on, or none: every vCPU asks again. */
    void schedulerChanged();
}
