package dev.backplane.kernel.internal.plan;

import dev.backplane.api.part.Deadline;
import java.util.List;

/** The vCPUs of a machine, as plans see them. */
public interface Guest {
    /**
     * Brings all vCPUs out of the guest and keeps them out.
     *
     * @param deadline when waiting ends
     * @return the vCPUs that did not come out in time; they stay out once they do
     */
    List<Integer> hold(Deadline deadline);

    /** Lets them go on. */
    void release();

    /**
     * Waits until every vCPU has come out of the guest once: what they were calling when this was called is over.
     *
     * @param deadline when waiting ends
     * @return the vCPUs that did not come out in time
     */
    List<Integer> rendezvous(Deadline deadline);

    /**
     * Whether nothing of the machine may change while the guest runs.
     *
     * @return true on virtual time
     */
    default boolean standsForChanges() {
        return false;
    }

    /** Some bay runs again: parked vCPUs try again. */
    void gateOpened();

    /**
     * Where a vCPU's thread is at this moment.
     *
     * @param vcpu its number
     * @return several lines, for the log
     */
    String stack(int vcpu);
}
