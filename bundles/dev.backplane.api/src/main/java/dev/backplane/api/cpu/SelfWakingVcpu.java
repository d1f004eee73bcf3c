package dev.backplane.api.cpu;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A {@link Vcpu} that does not report {@link Stop#HALTED}: while it is halted its thread waits in {@link #run}, in the host's kernel, which
 * wakes it without telling anybody. By the processor time of the thread the kernel sees that it may be so, kicks it and asks; one that is
 * halted gives its turn back to the machine's scheduler, runs again to wait, and is kicked when its thread has used more than a little.
 */
@ConsumerType
public interface SelfWakingVcpu extends Vcpu {
    /**
     * Whether it is halted, or waits for its start-up message. Called by the kernel's thread of this vCPU between two runs, when the
     * first was {@link Stop#KICKED}; allocates nothing.
     *
     * @return true when {@link #run} would go on waiting, as far as is known now
     */
    boolean halted();
}
