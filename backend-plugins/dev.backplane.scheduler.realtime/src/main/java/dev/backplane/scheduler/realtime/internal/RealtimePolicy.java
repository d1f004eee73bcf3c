package dev.backplane.scheduler.realtime.internal;

import dev.backplane.api.scheduler.Rest;
import dev.backplane.api.scheduler.SchedulingPolicy;

/** Earliest deadline first, on all processors together. */
final class RealtimePolicy implements SchedulingPolicy<RealtimeVcpu> {
    @Override
    public void ready(RealtimeVcpu vcpu, boolean rested, long hostNanos) {
        vcpu.ready(rested, hostNanos);
    }

    @Override
    public void rests(RealtimeVcpu vcpu, Rest why, long hostNanos) {
        vcpu.rests(why, hostNanos);
    }

    @Override
    public long sliceNanos(RealtimeVcpu vcpu, long hostNanos) {
        return vcpu.mayRunNanos(hostNanos);
    }

    @Override
    public boolean before(RealtimeVcpu vcpu, RealtimeVcpu other) {
        return vcpu.deadlineNanos() - other.deadlineNanos() < 0;
    }

    @Override
    public void started(RealtimeVcpu vcpu, long sliceNanos, long hostNanos) {}

    @Override
    public void ran(RealtimeVcpu vcpu, long cpuNanos, long sliceNanos, long hostNanos) {
        vcpu.ran(cpuNanos);
    }

    @Override
    public boolean preempts(RealtimeVcpu vcpu, RealtimeVcpu running, long hostNanos) {
        return vcpu.mayRunNanos(hostNanos) > 0 && before(vcpu, running);
    }

    /** Nobody is served before his deadline's turn. */
    @Override
    public void boost(RealtimeVcpu vcpu) {}
}
