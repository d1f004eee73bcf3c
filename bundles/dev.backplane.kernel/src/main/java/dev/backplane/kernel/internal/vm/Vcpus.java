package dev.backplane.kernel.internal.vm;

import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.part.Deadline;
import dev.backplane.kernel.internal.bay.SchedulerFront;
import dev.backplane.kernel.internal.bay.VcpuPort;
import dev.backplane.kernel.internal.plan.Guest;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What runs the vCPUs of one machine: a thread each on the host's time, one for all in turn on virtual time. */
sealed interface Vcpus extends VcpuPort, Guest permits VcpuGroup, VcpuTurns {
    /** Starts the threads; they wait until {@link #release}. */
    void start();

    /** Names the engine. No vCPU is in the guest. */
    void engine(@Nullable Partition next);

    /** The engine's vCPUs; none while there is no engine. */
    List<Vcpu> vcpus();

    /**
     * Lets the vCPUs go on that their debugger had, and says which ones stay out when the others are released. On virtual
     * time none does: whose turn it is follows from the instructions executed alone.
     */
    void freeze(BitSet staying);

    /**
     * Says which vCPUs the guest has: the others stay out. At first, and on virtual time always, it has all.
     *
     * @param which by number
     */
    default void present(BitSet which) {}

    /** Makes the vCPUs come out at their next exit, or at once. */
    void stopping(boolean stop);

    /**
     * How long some vCPU has been waiting for a bay.
     *
     * @return nanoseconds, if one waits
     */
    Optional<Long> parkedNanos();

    /** Ends the threads. Those in the guest end when they come out. */
    void end();

    /** The side of the scheduler's bay that they use. */
    SchedulerFront scheduler();

    /** Waits for the threads' end. Returns whether all have ended. */
    boolean join(Deadline deadline) throws InterruptedException;
}
