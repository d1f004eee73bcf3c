package dev.backplane.api.scheduler;

import dev.backplane.api.part.ConfigurationException;
import java.util.BitSet;
import org.osgi.annotation.versioning.ConsumerType;

/** Implemented by a {@link VcpuScheduler} that has to agree when its guest gets more vCPUs, since it has promised something to each. */
@ConsumerType
public interface AdmittingScheduler {
    /**
     * The guest is to have these vCPUs from now on. Called on a kernel thread, never during a life-cycle call: before one comes, which asks
     * for a slice later, and after one has gone. What the guest has when the part is made says {@link SchedulerContext#present}.
     *
     * @param present by number; a copy
     * @throws ConfigurationException where it refuses, with the figures: what was agreed on before stays, and the guest gets none. Not where
     *     there are fewer than before
     */
    void admit(BitSet present) throws ConfigurationException;
}
