package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.time.GuestClock;
import dev.backplane.natives.HostException;
import dev.backplane.natives.kvm.KvmVcpu;

/**
 * How far this host lets a guest's time stamp counter be ours: with the machine's frequency where it can be scaled, and standing
 * still with the machine where it can be moved. Elsewhere it is the host's, and what is saved is converted.
 */
final class TimeStampCounter {
    private static final int TRIES = 3;

    private final GuestClock clock;
    private final boolean scaled;
    private final boolean offset;
    private final boolean movable;
    private final long hz;

    /** Tries it out on a vCPU that has not run. */
    TimeStampCounter(GuestClock clock, KvmVcpu vcpu) throws HostException {
        this.clock = clock;
        scaled = vcpu.setTscKhz((int) (clock.tscHz() / 1000));
        hz = scaled ? clock.tscHz() : vcpu.tscKhz() * 1000L;
        offset = vcpu.hasTscOffset();
        movable = offset ? takesOffset(vcpu) : takesValue(vcpu, hz);
    }

    private static boolean takesOffset(KvmVcpu vcpu) throws HostException {
        long own = vcpu.tscOffset();
        vcpu.setTscOffset(own - 1);
        boolean taken = vcpu.tscOffset() == own - 1;
        vcpu.setTscOffset(own);
        return taken;
    }

    private static boolean takesValue(KvmVcpu vcpu, long hz) throws HostException {
        long far = MsrBuffer.read(vcpu, Msr.TSC) + 100 * hz;
        return MsrBuffer.write(vcpu, Msr.TSC, far) && MsrBuffer.read(vcpu, Msr.TSC) >= far;
    }

    /** The frequency at which guests see it. */
    long hz() {
        return hz;
    }

    /** Whether it is the machine's clock in another unit, as on every other backend. */
    boolean isClock() {
        return scaled && movable;
    }

    /** What it cannot be, for people; empty where it is as it should be. */
    String shortcoming() {
        String rate = scaled
                ? ""
                : "it runs at the host's %d MHz instead of %d MHz".formatted(hz / 1_000_000, clock.tscHz() / 1_000_000);
        String stand = movable ? "" : "it does not stand still with the machine";
        return rate + (rate.isEmpty() || stand.isEmpty() ? "" : " and ") + stand;
    }

    /** What it is in a vCPU now, its clock standing. */
    FrozenTime freeze(KvmVcpu vcpu, long timerDueNanos, int initialCount) throws HostException {
        long now = MsrBuffer.read(vcpu, Msr.TSC);
        long deadline = MsrBuffer.read(vcpu, Msr.TSC_DEADLINE);
        if (isClock()) {
            long adjust = MsrBuffer.read(vcpu, Msr.TSC_ADJUST);
            return new FrozenTime(clock.tsc() + adjust, adjust, deadline, timerDueNanos, initialCount);
        }
        long left = deadline - now;
        long converted = deadline == 0 ? 0 : now + Math.max(convert(left, hz, clock.tscHz()), 1);
        return new FrozenTime(now, now - clock.tsc(), converted, timerDueNanos, initialCount);
    }

    /** What all vCPUs add to the host's counter, less what each adjusts; found out on one of them. */
    long commonOffset(KvmVcpu vcpu) throws HostException {
        if (!movable || !offset) {
            return 0;
        }
        long best = Long.MAX_VALUE;
        long found = 0;
        long own = vcpu.tscOffset();
        for (int i = 0; i < TRIES; i++) {
            long before = clock.tsc();
            long counter = MsrBuffer.read(vcpu, Msr.TSC);
            long after = clock.tsc();
            if (after - before < best) {
                best = after - before;
                found = own + before + (after - before) / 2 - counter;
            }
        }
        return found;
    }

    /** Sets it going in a vCPU, then its deadline. */
    void start(KvmVcpu vcpu, FrozenTime from, long commonOffset) throws HostException {
        if (movable && offset) {
            vcpu.setTscOffset(commonOffset + from.tscAdjust());
        } else if (movable) {
            // Zero would mean something else to the host.
            MsrBuffer.write(vcpu, Msr.TSC, Math.max(1, clock.tsc() + from.tscAdjust()));
        }
        if (isClock()) {
            MsrBuffer.write(vcpu, Msr.TSC_ADJUST, from.tscAdjust());
        }
    }

    /** IA32_TSC_DEADLINE, once the local APIC is set; one that has passed expires at once. */
    void startDeadline(KvmVcpu vcpu, FrozenTime from) throws HostException {
        if (from.tscDeadline() == 0) {
            return;
        }
        long deadline = from.tscDeadline();
        if (!isClock()) {
            long left = deadline - from.tsc();
            deadline = left <= 0 ? 1 : MsrBuffer.read(vcpu, Msr.TSC) + convert(left, clock.tscHz(), hz);
        }
        MsrBuffer.write(vcpu, Msr.TSC_DEADLINE, deadline);
    }

    /** A span in units of another frequency; one of centuries stays one of centuries. */
    static long convert(long span, long fromHz, long toHz) {
        long seconds = Math.clamp(span / fromHz, -1_000_000_000L, 1_000_000_000L);
        return seconds * toHz + span % fromHz * toHz / fromHz;
    }
}
