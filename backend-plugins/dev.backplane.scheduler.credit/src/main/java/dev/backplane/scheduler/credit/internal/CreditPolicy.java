package dev.backplane.scheduler.credit.internal;

import dev.backplane.api.scheduler.Rest;
import dev.backplane.api.scheduler.SchedulingPolicy;
import dev.backplane.scheduler.credit.internal.CreditVcpu.Priority;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Xen's credit model: every 30 ms what was used is handed out again as credits, by weight, and to those with a cap that; who runs burns them. Those that have credits come before those that have none, and whoever wakes with credits left comes first for a moment. Among
 * equals it goes round; of those that have none it is who has overdrawn least, as shares drift otherwise.
 */
final class CreditPolicy implements SchedulingPolicy<CreditVcpu> {
    /** How long a vCPU runs at most, and how often credits are handed out. */
    static final long PERIOD_NANOS = 30_000_000;

    /** A boost is over when so much has been used. */
    private static final long TICK_NANOS = 10_000_000;

    /** No slice is shorter: the change from one vCPU to another has its price. */
    private static final long LEAST_NANOS = 1_000_000;

    /** So many periods' credits are kept by who wants to run and may not, and owed by who ran while nobody else wanted to. */
    private static final int MOST_KEPT = 3;

    private static final long PER_CENT = 100;
    private static final long UNDECIDED = -1;

    private final List<CreditDomain> domains = new ArrayList<>();
    private final BitSet processors = new BitSet();
    private long accountedAt;
    private long usedNanos;
    private boolean begun;

    void join(CreditDomain domain, BitSet processorsOf) {
        domains.add(domain);
        processors.or(processorsOf);
    }

    void leave(CreditDomain domain) {
        domains.remove(domain);
    }

    /** Hands out credits for the periods that have passed. */
    private void account(long hostNanos) {
        if (!begun) {
            begun = true;
            accountedAt = hostNanos;
        }
        long passed = hostNanos - accountedAt;
        if (passed < PERIOD_NANOS) {
            return;
        }
        accountedAt = hostNanos;
        handOut(usedNanos, passed);
        usedNanos = 0;
        for (int i = 0; i < domains.size(); i++) {
            for (CreditVcpu vcpu : domains.get(i).vcpus) {
                vcpu.active = vcpu.wants;
            }
        }
    }

    /** Hands out what was used, so that as much comes back as was burnt, whatever else the host does. */
    private void handOut(long used, long passed) {
        for (int i = 0; i < domains.size(); i++) {
            CreditDomain domain = domains.get(i);
            domain.income = domain.active() == 0 ? 0 : domain.cap == 0 ? UNDECIDED : capped(domain, passed);
        }
        // Those that cannot use their share leave it to the others, which may then be too much for one of these.
        while (decideOne(used)) {}
        for (int i = 0; i < domains.size(); i++) {
            CreditDomain domain = domains.get(i);
            int active = domain.active();
            if (active > 0) {
                share(domain, active, domain.income);
            }
        }
    }

    private boolean decideOne(long used) {
        long left = used;
        long weights = 0;
        for (int i = 0; i < domains.size(); i++) {
            CreditDomain domain = domains.get(i);
            left -= domain.cap == 0 ? Math.max(0, domain.income) : 0;
            weights += domain.income == UNDECIDED ? domain.weight : 0;
        }
        left = Math.max(0, left);
        for (int i = 0; i < domains.size(); i++) {
            CreditDomain domain = domains.get(i);
            if (domain.income == UNDECIDED && left / weights * domain.weight > most(domain, used)) {
                domain.income = most(domain, used);
                return true;
            }
        }
        for (int i = 0; i < domains.size(); i++) {
            CreditDomain domain = domains.get(i);
            domain.income = domain.income == UNDECIDED ? left / weights * domain.weight : domain.income;
        }
        return false;
    }

    /** No vCPU can use more than its part of what the processors gave. */
    private long most(CreditDomain domain, long used) {
        return used / Math.max(1, processors.cardinality()) * domain.active();
    }

    private static long capped(CreditDomain domain, long passed) {
        return Math.min(passed * domain.active(), passed / PER_CENT * domain.cap);
    }

    private static void share(CreditDomain domain, int active, long credits) {
        for (CreditVcpu vcpu : domain.vcpus) {
            if (vcpu.active) {
                // Who does not want to run does not save them up; who does and may not keeps them for a while.
                long most = vcpu.wants ? MOST_KEPT * PERIOD_NANOS : PERIOD_NANOS;
                vcpu.credits = Math.min(most, vcpu.credits + credits / active);
                vcpu.parked &= vcpu.credits < 0;
                if (vcpu.priority != Priority.BOOST) {
                    vcpu.rank();
                }
            }
        }
    }

    @Override
    public void ready(CreditVcpu vcpu, boolean rested, long hostNanos) {
        account(hostNanos);
        vcpu.wants = true;
        vcpu.active = true;
        if (rested && vcpu.priority == Priority.UNDER && !vcpu.parked) {
            vcpu.priority = Priority.BOOST;
            vcpu.boostedNanos = 0;
        }
    }

    @Override
    public void rests(CreditVcpu vcpu, Rest why, long hostNanos) {
        vcpu.wants = false;
        vcpu.credits = Math.min(vcpu.credits, PERIOD_NANOS);
    }

    @Override
    public long sliceNanos(CreditVcpu vcpu, long hostNanos) {
        account(hostNanos);
        if (vcpu.parked) {
            return hostNanos - accountedAt - PERIOD_NANOS;
        }
        if (vcpu.domain.cap == 0) {
            return PERIOD_NANOS;
        }
        // Below a cap it stops where its credits do, so that it is not over for long.
        return Math.clamp(vcpu.credits, LEAST_NANOS, PERIOD_NANOS);
    }

    @Override
    public boolean before(CreditVcpu vcpu, CreditVcpu other) {
        if (vcpu.priority == Priority.OVER && other.priority == Priority.OVER) {
            return vcpu.credits > other.credits;
        }
        return vcpu.priority.compareTo(other.priority) < 0;
    }

    @Override
    public void started(CreditVcpu vcpu, long sliceNanos, long hostNanos) {}

    @Override
    public void ran(CreditVcpu vcpu, long cpuNanos, long sliceNanos, long hostNanos) {
        vcpu.credits -= cpuNanos;
        if (vcpu.domain.cap == 0) {
            vcpu.credits = Math.max(vcpu.credits, -MOST_KEPT * PERIOD_NANOS);
        }
        vcpu.usedNanos += cpuNanos;
        usedNanos += vcpu.domain.cap == 0 ? cpuNanos : 0;
        vcpu.boostedNanos += cpuNanos;
        if (vcpu.priority != Priority.BOOST || vcpu.boostedNanos >= TICK_NANOS || vcpu.credits < 0) {
            vcpu.rank();
        }
        vcpu.parked |= vcpu.domain.cap != 0 && vcpu.credits < 0;
    }

    @Override
    public boolean preempts(CreditVcpu vcpu, CreditVcpu running, long hostNanos) {
        return !vcpu.parked && vcpu.priority.compareTo(running.priority) < 0;
    }

    /** A wake-up boosts when the vCPU gets ready; one that waits already for an interrupt of its sister's is treated alike. */
    @Override
    public void boost(CreditVcpu vcpu) {
        if (vcpu.waits() && vcpu.priority == Priority.UNDER && !vcpu.parked) {
            vcpu.priority = Priority.BOOST;
            vcpu.boostedNanos = 0;
        }
    }
}
