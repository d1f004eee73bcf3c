package dev.backplane.device.rtc.internal;

import static dev.backplane.device.rtc.internal.Registers.*;

/**
 * The clock chip, without its surroundings. Not thread-safe: the device guards it.
 *
 * <p>Nothing counts: the time is the host's wall clock plus what the guest's setting added, and what happened since the last
 * look is worked out at the next one ({@link #advance}). So a machine that stood still shows the right time at once. Each
 * call is given both clocks: the wall clock for the time and the alarm, the guest's for the periodic interrupt, which is a
 * rate and must not jump.
 */
final class Mc146818 {
    static final long NEVER = Long.MAX_VALUE;

    private static final long SECOND = 1_000_000_000L;
    private static final int TICKS_A_SECOND = 32_768;
    /** The update bit is up this long before an update (data sheet, figure 14: t_BUC). */
    private static final long UPDATE_WARNING_NANOS = 244_000;

    private final byte[] cmos;
    private int index;
    private long offsetSeconds;
    private long phaseNanos;
    private long seenSecond;
    private long seenTick;

    Mc146818(RtcState state) {
        cmos = state.cmos().clone();
        keep(C, INTERRUPTS);
        keep(A, ~A_UPDATE_IN_PROGRESS);
        index = state.index();
        offsetSeconds = state.offsetSeconds();
        phaseNanos = state.phaseNanos();
        seenSecond = state.seenSecond();
        seenTick = state.seenTick();
    }

    RtcState save() {
        return new RtcState(cmos.clone(), index, offsetSeconds, phaseNanos, seenSecond, seenTick);
    }

    /** The chip's reset line, which touches neither time nor memory. */
    void reset() {
        keep(B, ~(INTERRUPTS | B_SQUARE_WAVE));
        cmos[C] = 0;
        index = 0;
    }

    void select(int register) {
        index = register;
    }

    /** The divider's ticks on the guest's clock. */
    static long tick(long guestNanos) {
        return guestNanos / SECOND * TICKS_A_SECOND + guestNanos % SECOND * TICKS_A_SECOND / SECOND;
    }

    /** Raises the flags of what happened until now. Precedes every access. */
    void advance(long wallNanos, long guestNanos) {
        if (runs()) {
            long second = second(wallNanos);
            if (second > seenSecond) {
                raise(UPDATE);
                raise(alarm().nextAfter(seenSecond) <= second ? ALARM : 0);
            }
            seenSecond = second;
        }
        long tick = tick(guestNanos);
        int period = periodTicks();
        if (period != 0 && tick / period > seenTick / period) {
            raise(PERIODIC);
        }
        seenTick = tick;
    }

    boolean interrupts() {
        return (cmos[C] & cmos[B] & INTERRUPTS) != 0;
    }

    /** How many nanoseconds from now the next interrupt is due that is enabled and not flagged yet, or {@link #NEVER}. */
    long nextInterruptIn(long wallNanos, long guestNanos) {
        long next = NEVER;
        if (awaits(UPDATE) && runs()) {
            next = untilSecond(second(wallNanos) + 1, wallNanos);
        }
        if (awaits(ALARM) && runs()) {
            long alarm = alarm().nextAfter(second(wallNanos));
            next = Math.min(next, alarm == AlarmTime.NEVER ? NEVER : untilSecond(alarm, wallNanos));
        }
        int period = periodTicks();
        if (awaits(PERIODIC) && period != 0) {
            long tick = (tick(guestNanos) / period + 1) * period;
            next = Math.min(next, nanosAt(tick) - guestNanos);
        }
        return next;
    }

    int read(long wallNanos) {
        if (runs() && isTime(index)) {
            return format().read(index, second(wallNanos));
        }
        return switch (index) {
            case A -> cmos[A] | (updatesSoon(wallNanos) ? A_UPDATE_IN_PROGRESS : 0);
            case C -> {
                int flags = cmos[C] | (interrupts() ? C_INTERRUPT_REQUEST : 0);
                cmos[C] = 0;
                yield flags;
            }
            default -> Byte.toUnsignedInt(cmos[index]);
        };
    }

    void write(int value, long wallNanos) {
        switch (index) {
            case A -> control(A, value & ~A_UPDATE_IN_PROGRESS, wallNanos);
            case B -> control(B, value, wallNanos);
            case C, D -> {
                // Read-only.
            }
            default -> {
                if (runs() && isTime(index)) {
                    stop(wallNanos);
                    cmos[index] = (byte) value;
                    start(wallNanos);
                } else {
                    cmos[index] = (byte) value;
                }
            }
        }
    }

    /** Registers A and B stop the clock and let it run. */
    private void control(int register, int value, long wallNanos) {
        boolean ran = runs();
        boolean dividerWasHeld = dividerHeld();
        if (ran) {
            stop(wallNanos);
        }
        cmos[register] = (byte) value;
        if (dividerWasHeld && !dividerHeld()) {
            // The first update comes half a second after the divider is let go: how a clock is set to the second.
            phaseNanos = Math.floorMod(SECOND / 2 - wallNanos, SECOND);
        }
        if (runs()) {
            if (ran) {
                return; // nothing was written meanwhile, and the registers may have changed their format
            }
            start(wallNanos);
        }
    }

    /** The time registers keep what they show. */
    private void stop(long wallNanos) {
        long second = second(wallNanos);
        for (int register = 0; register < COUNT; register++) {
            if (isTime(register)) {
                cmos[register] = (byte) format().read(register, second);
            }
        }
    }

    /** The clock goes on from what the time registers show. */
    private void start(long wallNanos) {
        long shown = format().second(cmos);
        offsetSeconds = shown - Math.floorDiv(wallNanos + phaseNanos, SECOND);
        seenSecond = shown;
    }

    private void raise(int flags) {
        cmos[C] = (byte) (cmos[C] | flags);
    }

    private void keep(int register, int bits) {
        cmos[register] = (byte) (cmos[register] & bits);
    }

    private boolean runs() {
        return (cmos[B] & B_SET) == 0 && !dividerHeld();
    }

    private boolean dividerHeld() {
        return (cmos[A] & A_DIVIDER_RESET) == A_DIVIDER_RESET;
    }

    private boolean awaits(int interrupt) {
        return (cmos[B] & ~cmos[C] & interrupt) != 0;
    }

    private boolean updatesSoon(long wallNanos) {
        return runs() && untilSecond(second(wallNanos) + 1, wallNanos) <= UPDATE_WARNING_NANOS;
    }

    /** The clock's time in seconds since 1970. */
    private long second(long wallNanos) {
        return Math.floorDiv(wallNanos + phaseNanos, SECOND) + offsetSeconds;
    }

    private long untilSecond(long second, long wallNanos) {
        long seconds = second - second(wallNanos);
        return seconds * SECOND - Math.floorMod(wallNanos + phaseNanos, SECOND);
    }

    private TimeFormat format() {
        return TimeFormat.of(cmos[B]);
    }

    private AlarmTime alarm() {
        return AlarmTime.of(cmos, format());
    }

    /** The periodic interrupt's period, or 0 for none (data sheet, table 5): rates 1 and 2 are those of 8 and 9. */
    private int periodTicks() {
        int rate = cmos[A] & A_RATE;
        if (rate == 0 || dividerHeld()) {
            return 0;
        }
        return 1 << (rate <= 2 ? rate + 6 : rate - 1);
    }

    /** The moment at which a tick has come, on the guest's clock. */
    private static long nanosAt(long tick) {
        long part = Math.ceilDiv(tick % TICKS_A_SECOND * SECOND, (long) TICKS_A_SECOND);
        return tick / TICKS_A_SECOND * SECOND + part;
    }
}
