package dev.backplane.device.serial.internal;

import dev.backplane.api.console.Console;
import dev.backplane.api.console.ConsoleListener;
import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.InterruptLine;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import org.jspecify.annotations.Nullable;

/**
 * The chip in its surroundings: guest accesses, the console, the interrupt line and the timeout, each under this object's
 * monitor. Consoles never block, so neither does this.
 */
final class SerialDevice implements Device<SerialState>, RegisterHandler, ConsoleListener {
    private final DeviceContext context;
    private final GuestClock clock;
    private final InterruptLine line;
    private final GuestTimer timer;
    private final @Nullable Console console;
    private Uart16550 uart;
    private long armedFor = Uart16550.NEVER;
    private boolean driven;
    private boolean level;

    SerialDevice(SerialOptions options, DeviceContext context, SerialState state) {
        this.context = context;
        this.clock = context.clock();
        this.line = context.interrupt(SerialFactory.INTERRUPT);
        this.timer = context.timer(this::timeOut);
        this.console = options.console().map(context::console).orElse(null);
        this.uart = new Uart16550(state, new Transmitter(console, state.held()));
        context.serve(SerialFactory.WINDOW, this);
        if (console != null) {
            console.listen(this);
        }
    }

    /** A wide access is one byte access after the other, as on the ISA bus. */
    @Override
    public synchronized long read(long offset, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (long) uart.read((int) offset + i, clock.nanos()) << 8 * i;
        }
        settle();
        return value;
    }

    @Override
    public synchronized void write(long offset, int size, long value) {
        for (int i = 0; i < size; i++) {
            writeByte((int) offset + i, (int) (value >> 8 * i) & 0xff);
        }
        settle();
    }

    @Override
    public synchronized void readable() {
        settle();
    }

    @Override
    public synchronized void writable() {
        uart.drain();
        settle();
    }

    @Override
    public void quiesce(Deadline deadline) {
        // Nothing is ever in flight: an access, a byte from the console and a timeout are each over when they return.
    }

    @Override
    public synchronized SerialState save() {
        return uart.save();
    }

    @Override
    public synchronized void resume(Resumption why) {
        armedFor = Uart16550.NEVER;
        driven = false;
        uart.drain();
        settle();
    }

    /** What the console has not taken yet is on its way and survives a reset, as on a wire. */
    @Override
    public synchronized void reset(ResetKind kind) {
        byte[] held = uart.save().held();
        uart = new Uart16550(SerialState.powerOn(), new Transmitter(console, held));
    }

    @Override
    public void close() {
        timer.close();
    }

    private void writeByte(int register, int value) {
        if (!uart.transmits(register)) {
            uart.write(register, value, clock.nanos());
            return;
        }
        uart.beginTransmit();
        // The interrupt falls and rises again, although transmitting takes no time: its line is sensed by its edge.
        drive(uart.interrupts());
        long before = uart.dropped();
        uart.endTransmit((byte) value, clock.nanos());
        if (before == 0 && uart.dropped() != 0) {
            context.logger()
                    .log(
                            System.Logger.Level.WARNING,
                            "the console takes nothing and the guest goes on transmitting: bytes beyond {0} are lost",
                            Transmitter.HELD_BYTES);
        }
    }

    private synchronized void timeOut() {
        armedFor = Uart16550.NEVER;
        uart.timeOut(clock.nanos());
        settle();
    }

    /** Takes what has arrived, arms the timeout, and gives the line its level. */
    private void settle() {
        int arrived;
        while (console != null && uart.hasRoom() && (arrived = console.read()) >= 0) {
            uart.receive((byte) arrived, clock.nanos());
        }
        long timeoutAt = uart.timeoutAt();
        if (timeoutAt != armedFor) {
            armedFor = timeoutAt;
            if (timeoutAt == Uart16550.NEVER) {
                timer.cancel();
            } else {
                timer.arm(timeoutAt);
            }
        }
        drive(uart.interrupts());
    }

    /** Sets the line where its level changes; after a rest always, since its level was the bay's meanwhile. */
    private void drive(boolean up) {
        if (!driven || up != level) {
            driven = true;
            level = up;
            line.set(up);
        }
    }
}
