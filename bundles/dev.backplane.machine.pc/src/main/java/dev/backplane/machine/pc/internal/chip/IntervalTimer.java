package dev.backplane.machine.pc.internal.chip;

import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import java.util.Arrays;
import java.util.List;

/**
 * The 8254 of a PC: channel 0 drives interrupt line 0, channel 1 once refreshed memory, channel 2 is the speaker's, gated and
 * read through port 0x61. Guarded by the monitor of {@link Interrupts}.
 */
public final class IntervalTimer implements AutoCloseable {
    private static final Ticks CLOCK = new Ticks(1_193_182);
    /** A guest may ask for half a million interrupts a second; the host gives 10,000. Counts stay exact. */
    private static final long SHORTEST_TICKS = CLOCK.at(100_000);

    private static final int CONTROL = 3;
    private static final int READ_BACK = 3;
    private static final long REFRESH_NANOS = 15_085;
    private static final int SPEAKER_WRITABLE = 0x0f;
    private static final int GATE2 = 1;

    private final GuestClock clock;
    private final Interrupts interrupts;
    private final Interrupts.Line irq;
    private final GuestTimer timer;
    private final PitChannel[] channels = {new PitChannel(true), new PitChannel(true), new PitChannel(false)};
    private int speaker;
    private long due = Long.MAX_VALUE;
    private long lastRise = -SHORTEST_TICKS;

    /**
     * A timer whose channels have not been programmed.
     *
     * @param clock the guest's
     * @param interrupts guards it
     * @param irq interrupt line 0
     */
    public IntervalTimer(GuestClock clock, Interrupts interrupts, Interrupts.Line irq) {
        this.clock = clock;
        this.interrupts = interrupts;
        this.irq = irq;
        timer = clock.timer(this::expired);
    }

    /** Its registers, from port 0x40. */
    public RegisterHandler registers() {
        return new ByteRegisters() {
            @Override
            public int readByte(int offset) {
                synchronized (interrupts) {
                    return offset == CONTROL ? 0xff : channels[offset].read(ticks());
                }
            }

            @Override
            public void writeByte(int offset, int value) {
                synchronized (interrupts) {
                    long now = ticks();
                    if (offset == CONTROL) {
                        control(value, now);
                    } else {
                        channels[offset].write(value, now);
                    }
                    update(now);
                }
                interrupts.deliver();
            }
        };
    }

    /** System control port B, port 0x61. */
    public RegisterHandler speakerRegister() {
        return new ByteRegisters() {
            @Override
            public int readByte(int offset) {
                synchronized (interrupts) {
                    int refresh = (int) (clock.nanos() / REFRESH_NANOS & 1);
                    return speaker | refresh << 4 | (channels[2].output(ticks()) ? 1 << 5 : 0);
                }
            }

            @Override
            public void writeByte(int offset, int value) {
                synchronized (interrupts) {
                    speaker = value & SPEAKER_WRITABLE;
                    channels[2].gate((value & GATE2) != 0, ticks());
                }
            }
        };
    }

    private void control(int value, long now) {
        int channel = value >>> 6;
        if (channel == READ_BACK) {
            for (int i = 0; i < channels.length; i++) {
                if ((value & 2 << i) != 0) {
                    if ((value & 1 << 5) == 0) {
                        channels[i].latchCount(now);
                    }
                    if ((value & 1 << 4) == 0) {
                        channels[i].latchStatus(now);
                    }
                }
            }
        } else if ((value >>> 4 & 3) == 0) {
            channels[channel].latchCount(now);
        } else {
            channels[channel].writeControl(value);
        }
    }

    /** On a timer thread: the output has risen, unless the guest was faster. */
    private void expired() {
        synchronized (interrupts) {
            long now = ticks();
            if (now >= due) {
                irq.level(false);
                irq.level(true);
                lastRise = now;
            }
            update(now);
        }
        interrupts.deliver();
    }

    private void update(long now) {
        irq.level(channels[0].output(now));
        long rise = channels[0].nextRise(now);
        if (rise == Long.MAX_VALUE) {
            due = rise;
            timer.cancel();
        } else {
            due = Math.max(rise, lastRise + SHORTEST_TICKS);
            timer.arm(CLOCK.nanosAt(due));
        }
    }

    /** The state after power-on. */
    public void reset() {
        synchronized (interrupts) {
            channels[0].reset(true);
            channels[1].reset(true);
            channels[2].reset(false);
            speaker = 0;
            update(ticks());
        }
        interrupts.deliver();
    }

    private long ticks() {
        return CLOCK.at(clock.nanos());
    }

    @Override
    public void close() {
        timer.close();
    }

    public State save() {
        synchronized (interrupts) {
            return new State(Arrays.stream(channels).map(PitChannel::save).toList(), speaker, lastRise);
        }
    }

    /** Goes on from a saved state. */
    public void restore(State state) {
        synchronized (interrupts) {
            for (int i = 0; i < channels.length; i++) {
                channels[i].restore(state.channels.get(i));
            }
            speaker = state.speaker & SPEAKER_WRITABLE;
            lastRise = state.lastRise;
            update(ticks());
        }
        interrupts.deliver();
    }

    /**
     * Its state.
     *
     * @param channels three of them
     * @param speaker what was written to port 0x61
     * @param lastRise when channel 0 last interrupted, in ticks
     */
    public record State(List<PitChannel.State> channels, int speaker, long lastRise) {
        /** Copies the list. */
        public State {
            channels = List.copyOf(channels);
        }
    }
}
