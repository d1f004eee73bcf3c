package dev.backplane.scheduler.fair.internal;

import dev.backplane.api.scheduler.Rest;
import dev.backplane.api.scheduler.SchedulingPolicy;
import java.util.ArrayList;
import java.util.List;

/**
 * The machine whose virtual time is least comes first; of its vCPUs one for which an interrupt waits, else the one that has waited longest.
 *
 * <p>A machine is owed nothing for the time in which it did not want to run, nor for what it could not use since all its vCPUs ran
 * already: its virtual time is brought up to that of those that wait. Who wakes is a slice ahead of them, so that it runs at once.
 */
final class FairPolicy implements SchedulingPolicy<FairVcpu> {
    /** A difference that is worth a change of vCPUs. */
    private static final long LEAST_RUN_NANOS = 1_000_000;

    private final List<FairShare> shares = new ArrayList<>();

    /** The virtual time of whoever was least ahead; never goes back. */
    private long floorNanos;

    void join(FairShare share, long aheadNanos) {
        share.virtualNanos = floorNanos + aheadNanos;
        shares.add(share);
    }

    /** How far ahead it was. */
    long leave(FairShare share) {
        shares.remove(share);
        return Math.max(0, share.virtualNanos - floorNanos);
    }

    private long leastWaiting() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < shares.size(); i++) {
            FairShare share = shares.get(i);
            least = share.waiting > 0 ? Math.min(least, share.virtualNanos) : least;
        }
        return least;
    }

    private long greatestWorth() {
        long greatest = 0;
        for (int i = 0; i < shares.size(); i++) {
            FairShare share = shares.get(i);
            greatest = share.isActive() ? Math.max(greatest, share.sliceWorth()) : greatest;
        }
        return greatest;
    }

    private void raiseFloor() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < shares.size(); i++) {
            FairShare share = shares.get(i);
            least = share.isActive() ? Math.min(least, share.virtualNanos) : least;
        }
        if (least != Long.MAX_VALUE) {
            floorNanos = Math.max(floorNanos, least);
        }
    }

    @Override
    public void ready(FairVcpu vcpu, boolean rested, long hostNanos) {
        FairShare share = vcpu.share;
        raiseFloor();
        if (!share.isActive()) {
            share.virtualNanos = Math.max(share.virtualNanos, rested ? floorNanos - share.sliceWorth() : owed(share));
        } else if (share.waiting == 0) {
            share.virtualNanos = Math.max(share.virtualNanos, owed(share));
        }
        vcpu.woken = rested;
        share.waiting++;
    }

    /** All that wanted to run of this machine did: it is owed no more than what a slice makes of a difference. */
    private long owed(FairShare share) {
        long least = leastWaiting();
        return least == Long.MAX_VALUE ? share.virtualNanos : least - 2 * greatestWorth();
    }

    @Override
    public void rests(FairVcpu vcpu, Rest why, long hostNanos) {
        if (vcpu.waits()) {
            vcpu.share.waiting--;
        }
    }

    @Override
    public long sliceNanos(FairVcpu vcpu, long hostNanos) {
        return vcpu.share.mayRunNanos(hostNanos);
    }

    @Override
    public boolean before(FairVcpu vcpu, FairVcpu other) {
        if (vcpu.share != other.share) {
            return vcpu.share.virtualNanos < other.share.virtualNanos;
        }
        return vcpu.boosted && !other.boosted;
    }

    @Override
    public void started(FairVcpu vcpu, long sliceNanos, long hostNanos) {
        vcpu.share.started(sliceNanos, hostNanos);
        vcpu.boosted = false;
        vcpu.woken = false;
    }

    @Override
    public void ran(FairVcpu vcpu, long cpuNanos, long sliceNanos, long hostNanos) {
        FairShare share = vcpu.share;
        vcpu.usedNanos += cpuNanos;
        share.ran(cpuNanos, sliceNanos, hostNanos);
    }

    @Override
    public boolean preempts(FairVcpu vcpu, FairVcpu running, long hostNanos) {
        long ran = hostNanos - running.since();
        if (vcpu.share == running.share) {
            return vcpu.boosted && ran >= LEAST_RUN_NANOS && vcpu.share.mayRunNanos(hostNanos) > 0;
        }
        // What runs has not been charged yet.
        return vcpu.woken
                && vcpu.share.mayRunNanos(hostNanos) > 0
                && vcpu.share.virtualNanos + vcpu.share.worth(LEAST_RUN_NANOS)
                        < running.share.virtualNanos + running.share.worth(ran);
    }

    @Override
    public void boost(FairVcpu vcpu) {
        vcpu.boosted = true;
    }
}
