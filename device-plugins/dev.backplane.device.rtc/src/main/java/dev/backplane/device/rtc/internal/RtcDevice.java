package dev.backplane.device.rtc.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.InterruptLine;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** The chip in its surroundings: ports, both clocks, the interrupt line, each under this object's monitor. */
final class RtcDevice implements Device<RtcState>, RegisterHandler {
    /** Bit 7 of the index port masks the NMI, which nothing on this board raises. */
    private static final int INDEX_BITS = 0x7f;

    private final GuestClock clock;
    private final InterruptLine line;
    private final GuestTimer timer;
    private final Mc146818 chip;

    private RtcDevice(DeviceContext context, RtcState state) {
        this.clock = context.clock();
        this.line = context.interrupt(RtcFactory.INTERRUPT);
        this.timer = context.timer(this::expire);
        this.chip = new Mc146818(state);
        context.serve(RtcFactory.WINDOW, this);
    }

    static RtcDevice powerOn(DeviceContext context) {
        GuestClock clock = context.clock();
        long second = clock.wall().getEpochSecond();
        return new RtcDevice(context, RtcState.powerOn(second, Mc146818.tick(clock.nanos())));
    }

    static RtcDevice restored(DeviceContext context, RtcState state) {
        return new RtcDevice(context, state);
    }

    /** A wide access is one byte access after the other, as on the ISA bus. The index cannot be read. */
    @Override
    public synchronized long read(long offset, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (offset + i == 0 ? 0xffL : readData()) << 8 * i;
        }
        return value;
    }

    @Override
    public synchronized void write(long offset, int size, long value) {
        for (int i = 0; i < size; i++) {
            int each = (int) (value >> 8 * i) & 0xff;
            if (offset + i == 0) {
                chip.select(each & INDEX_BITS);
            } else {
                writeData(each);
            }
        }
    }

    @Override
    public void quiesce(Deadline deadline) {
        // Nothing is ever in flight: an access and an expiry are each over when they return.
    }

    @Override
    public synchronized RtcState save() {
        return chip.save();
    }

    @Override
    public synchronized void resume(Resumption why) {
        expire();
    }

    @Override
    public synchronized void reset(ResetKind kind) {
        chip.reset();
    }

    @Override
    public void close() {
        timer.close();
    }

    private long readData() {
        long wall = wallNanos();
        chip.advance(wall, clock.nanos());
        int value = chip.read(wall);
        settle(wall);
        return value;
    }

    private void writeData(int value) {
        long wall = wallNanos();
        chip.advance(wall, clock.nanos());
        chip.write(value, wall);
        settle(wall);
    }

    private synchronized void expire() {
        long wall = wallNanos();
        chip.advance(wall, clock.nanos());
        settle(wall);
    }

    /** Gives the line its level and arms the timer for the next interrupt. */
    private void settle(long wall) {
        line.set(chip.interrupts());
        long now = clock.nanos();
        long delay = chip.nextInterruptIn(wall, now);
        if (delay == Mc146818.NEVER) {
            timer.cancel();
        } else {
            timer.arm(now + delay);
        }
    }

    /** Since 1970; good until 2262. */
    private long wallNanos() {
        Instant wall = clock.wall();
        return TimeUnit.SECONDS.toNanos(wall.getEpochSecond()) + wall.getNano();
    }
}
