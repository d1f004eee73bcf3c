package dev.backplane.api.debug;

import dev.backplane.api.cpu.Stop;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * What a {@link dev.backplane.api.cpu.Vcpu Vcpu} offers debuggers, if it also implements this. All calls come while the vCPU
 * does not run. A vCPU that nobody debugs is never called here but for its report.
 */
@ConsumerType
public interface DebuggableVcpu extends ReportingVcpu {
    /**
     * Replaces all break- and watchpoints. {@link dev.backplane.api.cpu.Vcpu#run run} returns {@link Stop#DEBUG} where one
     * is met.
     *
     * @param points all that there are from now on
     * @throws UnsupportedOperationException where it cannot have that many, or such ones: the message says why
     */
    void stopPoints(List<StopPoint> points);

    /**
     * Says how the next runs go, until one of them returns {@link Stop#DEBUG}. A breakpoint at the instruction to go on with
     * does not count.
     *
     * @param step whether to return {@link Stop#DEBUG} after one instruction
     */
    void proceed(boolean step);

    /**
     * Why the last run returned {@link Stop#DEBUG}.
     *
     * @return the reason, if it did
     */
    Optional<DebugStop> debugStop();

    /**
     * Translates an address as the vCPU does now, without regard to rights and without a trace in the guest.
     *
     * @param linear the linear address
     * @return the guest-physical address, or -1 where nothing is mapped
     */
    long translate(long linear);

    /**
     * Begins, changes or ends tracing.
     *
     * @param kinds what to tell; none: nothing
     * @param sink where to; called on the thread that calls {@link dev.backplane.api.cpu.Vcpu#run run}
     * @throws UnsupportedOperationException where it cannot tell one of them: the message says why
     */
    void trace(Set<TraceKind> kinds, TraceSink sink);
}
