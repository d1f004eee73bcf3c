package dev.backplane.x86.vcpu;

import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.time.GuestTimer;

/**
 * The kernel's timer behind a local APIC's. A later moment does not disarm an earlier one: the alarm rings too early then and
 * is set again, which costs less than a change at each of the guest's. Set by the vCPU's thread, rung by the timer thread.
 */
final class TimerAlarm {
    private static final long NEVER = Long.MAX_VALUE;

    private final GuestTimer timer;
    private final Runnable whenRinging;
    private volatile boolean ringing;
    private long setFor = NEVER;

    TimerAlarm(PartitionContext context, Runnable whenRinging) {
        this.whenRinging = whenRinging;
        timer = context.timer(this::ring);
    }

    private void ring() {
        ringing = true;
        whenRinging.run();
    }

    boolean isRinging() {
        return ringing;
    }

    /** Whether it rang since the last look; it is not set any more then. */
    boolean rang() {
        if (!ringing) {
            return false;
        }
        setFor = NEVER;
        ringing = false;
        return true;
    }

    /** Asks for a ring at a moment of the guest's clock, {@link Long#MAX_VALUE} for none. */
    void set(long atNanos) {
        if (atNanos < setFor) {
            setFor = atNanos;
            timer.arm(atNanos);
        }
    }

    void close() {
        timer.close();
    }
}
