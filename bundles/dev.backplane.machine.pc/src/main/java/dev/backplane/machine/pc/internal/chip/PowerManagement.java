package dev.backplane.machine.pc.internal.chip;

import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;

/**
 * The fixed hardware of ACPI (ACPI 6.5, 4.8.3): PM1 event and control blocks and the PM timer, always in ACPI mode. Guarded by
 * the monitor of {@link Interrupts}.
 */
public final class PowerManagement implements AutoCloseable {
    /** The first port. */
    public static final int PORT = 0x600;

    /** How many ports. */
    public static final int PORTS = 0x10;

    /** PM1 status, then PM1 enable, 2 bytes each: from {@link #PORT}. */
    public static final int EVENT = 0;

    /** PM1 control, 2 bytes. */
    public static final int CONTROL = 4;

    /** The timer, 4 bytes. */
    public static final int TIMER = 8;

    /** What SLP_TYP is for soft-off; {@code \_S5} tells it. */
    public static final int SOFT_OFF = 5;

    /** How many bits the timer has: 32 where the FADT says TMR_VAL_EXT, else 24. */
    public static final int TIMER_BITS = 32;

    private static final Ticks CLOCK = new Ticks(3_579_545);

    private static final int TMR = 1;
    private static final int GBL = 1 << 5;
    private static final int PWRBTN = 1 << 8;
    private static final int SLPBTN = 1 << 9;
    private static final int RTC = 1 << 10;
    private static final int STATUS_CLEARABLE = GBL | PWRBTN | SLPBTN | RTC | 1 << 15;
    private static final int ENABLE_WRITABLE = TMR | GBL | PWRBTN | SLPBTN | RTC;
    private static final int SCI_EN = 1;
    private static final int SLP_EN = 1 << 13;
    /** BM_RLD and SLP_TYP; SCI_EN stays set and the rest reads zero. */
    private static final int CONTROL_WRITABLE = 1 << 1 | 7 << 10;

    private final GuestClock clock;
    private final Interrupts interrupts;
    private final Interrupts.Line sci;
    private final Runnable powerOff;
    private final GuestTimer timer;
    private final int timerBits;
    private int status;
    private int enable;
    private int control;
    /** How often the timer's highest bit had changed when the guest last cleared TMR_STS. */
    private long changesSeen;

    /**
     * The state after power-on.
     *
     * @param clock the guest's
     * @param interrupts guards it
     * @param sci the system control interrupt
     * @param powerOff called without a lock when the guest asks for soft-off; must not block
     */
    public PowerManagement(GuestClock clock, Interrupts interrupts, Interrupts.Line sci, Runnable powerOff) {
        this(clock, interrupts, sci, powerOff, TIMER_BITS);
    }

    PowerManagement(GuestClock clock, Interrupts interrupts, Interrupts.Line sci, Runnable powerOff, int timerBits) {
        this.clock = clock;
        this.interrupts = interrupts;
        this.sci = sci;
        this.powerOff = powerOff;
        this.timerBits = timerBits;
        timer = clock.timer(this::expired);
    }

    /** Its registers. */
    public RegisterHandler registers() {
        return new RegisterHandler() {
            @Override
            public long read(long offset, int size) {
                return PowerManagement.this.read((int) offset, size);
            }

            @Override
            public void write(long offset, int size, long value) {
                PowerManagement.this.write((int) offset, size, value);
            }
        };
    }

    /** Somebody has pressed the power button. Any thread. */
    public void pressPowerButton() {
        synchronized (interrupts) {
            status |= PWRBTN;
            update();
        }
        interrupts.deliver();
    }

    private long read(int offset, int size) {
        synchronized (interrupts) {
            long image = switch (offset & ~3) {
                case EVENT -> status() | (long) enable << 16;
                case CONTROL -> control | SCI_EN;
                case TIMER -> CLOCK.at(clock.nanos()) & (1L << timerBits) - 1;
                default -> 0;
            };
            return image >>> 8 * (offset & 3) & mask(size);
        }
    }

    private void write(int offset, int size, long value) {
        boolean off = false;
        synchronized (interrupts) {
            int shift = 8 * (offset & 3);
            int bits = (int) (value << shift);
            int written = (int) (mask(size) << shift);
            switch (offset & ~3) {
                case EVENT -> {
                    clear(bits & written & 0xffff);
                    int enableWritten = written >>> 16 & ENABLE_WRITABLE;
                    enable = enable & ~enableWritten | bits >>> 16 & enableWritten;
                }
                case CONTROL -> {
                    control = control & ~(written & CONTROL_WRITABLE) | bits & written & CONTROL_WRITABLE;
                    off = (bits & written & SLP_EN) != 0 && (control >>> 10 & 7) == SOFT_OFF;
                }
                default -> {}
            }
            update();
        }
        interrupts.deliver();
        if (off) {
            powerOff.run();
        }
    }

    private static long mask(int size) {
        return size >= 4 ? 0xffff_ffffL : (1L << 8 * size) - 1;
    }

    private void clear(int bits) {
        status &= ~(bits & STATUS_CLEARABLE);
        if ((bits & TMR) != 0) {
            changesSeen = changes();
        }
    }

    /** TMR_STS is set whenever the timer's highest bit changes (ACPI 6.5, 4.8.3.3). */
    private int status() {
        return status | (changes() != changesSeen ? TMR : 0);
    }

    private long changes() {
        return CLOCK.at(clock.nanos()) >>> timerBits - 1;
    }

    private void expired() {
        synchronized (interrupts) {
            update();
        }
        interrupts.deliver();
    }

    private void update() {
        int status = status();
        sci.level((status & enable) != 0);
        if ((enable & TMR) != 0 && (status & TMR) == 0) {
            timer.arm(CLOCK.nanosAt((changes() + 1) << (timerBits - 1)));
        } else {
            timer.cancel();
        }
    }

    /** The state after power-on. The timer goes on. */
    public void reset() {
        synchronized (interrupts) {
            status = 0;
            enable = 0;
            control = 0;
            changesSeen = changes();
            update();
        }
        interrupts.deliver();
    }

    @Override
    public void close() {
        timer.close();
    }

    public State save() {
        synchronized (interrupts) {
            return new State(status, enable, control, changesSeen);
        }
    }

    /** Goes on from a saved state. */
    public void restore(State state) {
        synchronized (interrupts) {
            status = state.status & STATUS_CLEARABLE;
            enable = state.enable & ENABLE_WRITABLE;
            control = state.control & CONTROL_WRITABLE;
            changesSeen = state.changesSeen;
            update();
        }
        interrupts.deliver();
    }

    /**
     * Its state.
     *
     * @param status PM1 status without TMR_STS
     * @param enable PM1 enable
     * @param control PM1 control without SCI_EN
     * @param changesSeen changes of the timer's highest bit up to the last clearing of TMR_STS
     */
    public record State(int status, int enable, int control, long changesSeen) {}
}
