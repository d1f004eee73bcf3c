package dev.backplane.kernel.internal.bay;

import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import java.time.Instant;

/** The guest's clock as one part sees it: its timers are the part's. */
final class PartClock implements GuestClock {
    private final GuestClock clock;
    private final Lifeline lifeline;
    private final PartTimers timers;

    PartClock(GuestClock clock, Lifeline lifeline, PartTimers timers) {
        this.clock = clock;
        this.lifeline = lifeline;
        this.timers = timers;
    }

    @Override
    public long nanos() {
        lifeline.check();
        return clock.nanos();
    }

    @Override
    public long tscHz() {
        return clock.tscHz();
    }

    @Override
    public long tsc() {
        lifeline.check();
        return clock.tsc();
    }

    @Override
    public long nanosAtTsc(long tsc) {
        return clock.nanosAtTsc(tsc);
    }

    @Override
    public Instant wall() {
        lifeline.check();
        return clock.wall();
    }

    @Override
    public GuestTimer timer(Runnable handler) {
        return timers.timer(handler);
    }
}
