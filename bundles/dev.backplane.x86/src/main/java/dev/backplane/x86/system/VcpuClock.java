package dev.backplane.x86.system;

import dev.backplane.api.time.GuestClock;
import dev.backplane.x86.apic.ApicClock;

/** The guest's clock as one vCPU sees it: with its own IA32_TSC_ADJUST. Its vCPU's thread. */
public final class VcpuClock implements ApicClock {
    private final GuestClock clock;
    private long adjust;

    /**
     * A view without adjustment.
     *
     * @param clock the machine's clock
     */
    public VcpuClock(GuestClock clock) {
        this.clock = clock;
    }

    @Override
    public long nanos() {
        return clock.nanos();
    }

    @Override
    public long tsc() {
        return clock.tsc() + adjust;
    }

    @Override
    public long nanosOfTsc(long tsc) {
        long now = tsc();
        return Long.compareUnsigned(tsc, now) <= 0 ? clock.nanos() : clock.nanosAtTsc(tsc - adjust);
    }

    /** IA32_TSC_ADJUST. */
    public long adjust() {
        return adjust;
    }

    /** Writes IA32_TSC_ADJUST, which moves the TSC along (SDM 3B, 19.17.3). */
    public void setAdjust(long value) {
        adjust = value;
    }

    /** Writes IA32_TIME_STAMP_COUNTER, which moves IA32_TSC_ADJUST along. */
    void setTsc(long value) {
        adjust += value - tsc();
    }

    long tscHz() {
        return clock.tscHz();
    }

    GuestClock guestClock() {
        return clock;
    }
}
