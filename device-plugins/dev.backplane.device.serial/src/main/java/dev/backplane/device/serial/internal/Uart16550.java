package dev.backplane.device.serial.internal;

import static dev.backplane.device.serial.internal.Registers.*;

/**
 * The register model of a PC16550D, without its surroundings. Not thread-safe: the device guards it.
 *
 * <p>The chip's interrupt output is used as it is. On a PC it passes a gate that OUT2 opens, but guests that never set OUT2
 * work on other virtual machines and are expected to here.
 */
final class Uart16550 {
    static final int FIFO_BYTES = 16;
    static final long NEVER = -1;

    private static final int CLOCK_BAUD = 115_200;
    /** The far end is always there and ready. */
    private static final int CONNECTED = MSR_CTS | MSR_DSR | MSR_DCD;

    private final Transmitter transmitter;
    private final Receiver receiver;
    private int ier;
    private int lcr;
    private int mcr;
    private int fcr;
    private int scratch;
    private int divisor;
    private int lineErrors;
    private int modemDeltas;
    private boolean thrEmptyPending;
    private boolean timedOut;
    private long timeoutAt;
    private long dropped;

    Uart16550(SerialState state, Transmitter transmitter) {
        this.transmitter = transmitter;
        this.receiver = new Receiver(state.received(), state.breaks());
        ier = state.ier();
        lcr = state.lcr();
        mcr = state.mcr();
        fcr = state.fcr();
        scratch = state.scratch();
        divisor = state.divisor();
        lineErrors = state.lineErrors();
        modemDeltas = state.modemDeltas();
        thrEmptyPending = state.thrEmptyPending();
        timedOut = state.timedOut();
        timeoutAt = state.timeoutAt();
    }

    SerialState save() {
        return new SerialState(
                ier,
                lcr,
                mcr,
                fcr,
                scratch,
                divisor,
                lineErrors,
                modemDeltas,
                thrEmptyPending,
                timedOut,
                timeoutAt,
                receiver.received(),
                receiver.breaks(),
                transmitter.held());
    }

    /** Whether the interrupt output is up. */
    boolean interrupts() {
        return cause() != IIR_NONE;
    }

    /** When {@link #timeOut} is due, on the guest's clock, or {@link #NEVER}. */
    long timeoutAt() {
        return timeoutAt;
    }

    /** Bytes that a guest sent although the transmitter was not empty, and that could not be held any more. */
    long dropped() {
        return dropped;
    }

    /**
     * Whether a byte from outside would find a place: none ever overruns. A guest that is not interrupted by what arrives gets it one by
     * one, as it looks: Linux clears the FIFO several times before it opens a port, and what was typed ahead would be gone with it.
     */
    boolean hasRoom() {
        return !loops() && receiver.count() < ((ier & IER_RECEIVED) != 0 ? depth() : 1);
    }

    int read(int register, long now) {
        return switch (register) {
            case RBR_THR -> dlab() ? divisor & 0xff : readReceived(now);
            case IER -> dlab() ? divisor >> 8 : ier;
            case IIR_FCR -> identify();
            case LCR -> lcr;
            case MCR -> mcr;
            case LSR -> readLineStatus();
            case MSR -> readModemStatus();
            case SCR -> scratch;
            default -> 0xff;
        };
    }

    /** Writes a register other than THR, see {@link #beginTransmit}. Status registers are read-only. */
    void write(int register, int value, long now) {
        switch (register) {
            case RBR_THR -> divisor = divisor & 0xff00 | value;
            case IER -> {
                if (dlab()) {
                    divisor = divisor & 0xff | value << 8;
                } else {
                    enableInterrupts(value & IER_BITS);
                }
            }
            case IIR_FCR -> controlFifos(value);
            case LCR -> controlLine(value, now);
            case MCR -> controlModem(value & MCR_BITS);
            case SCR -> scratch = value;
            default -> {
                // LSR and MSR: writing them is for the factory's tests.
            }
        }
    }

    /** Whether a write to this register transmits. */
    boolean transmits(int register) {
        return register == RBR_THR && !dlab();
    }

    /** A byte enters the holding register, which is then not empty: its interrupt goes, for a moment at least. */
    void beginTransmit() {
        thrEmptyPending = false;
    }

    /** The byte leaves the holding register. */
    void endTransmit(byte value, long now) {
        if (loops()) {
            receive(value, false, now);
        } else if (!transmitter.send(value)) {
            dropped++;
        }
        thrEmptyPending = transmitter.isEmpty();
    }

    /** The console has room again. */
    void drain() {
        if (!transmitter.isEmpty()) {
            transmitter.drain();
            thrEmptyPending |= transmitter.isEmpty();
        }
    }

    /** A byte arrives on the wire, where {@link #hasRoom}. */
    void receive(byte value, long now) {
        receive(value, false, now);
    }

    /** Four character times have passed without a byte coming or going. */
    void timeOut(long now) {
        if (timeoutAt != NEVER && now >= timeoutAt) {
            timeoutAt = NEVER;
            timedOut = true;
        }
    }

    private void receive(byte value, boolean isBreak, long now) {
        if (receiver.count() == depth()) {
            lineErrors |= LSR_OVERRUN;
            if (fifosEnabled()) {
                return; // the shift register is overwritten, the FIFO is not
            }
            receiver.clear();
        }
        receiver.add(value, isBreak);
        reveal();
        restartTimeout(now);
    }

    private int readReceived(long now) {
        int value = receiver.take();
        timedOut = false;
        reveal();
        restartTimeout(now);
        return value;
    }

    /** An error is reported when its byte becomes the oldest one. */
    private void reveal() {
        if (receiver.takeBreak()) {
            lineErrors |= LSR_BREAK | LSR_FRAMING;
        }
    }

    private int readLineStatus() {
        int status = lineErrors;
        status |= receiver.count() > 0 ? LSR_DATA_READY : 0;
        status |= transmitter.isEmpty() ? LSR_THR_EMPTY | LSR_TRANSMITTER_EMPTY : 0;
        boolean error = (lineErrors & (LSR_BREAK | LSR_FRAMING)) != 0 || receiver.holdsBreak();
        status |= fifosEnabled() && error ? LSR_FIFO_ERROR : 0;
        lineErrors = 0;
        return status;
    }

    private int readModemStatus() {
        int status = modemLines(mcr) | modemDeltas;
        modemDeltas = 0;
        return status;
    }

    private int identify() {
        int cause = cause();
        if (cause == IIR_THR_EMPTY) {
            thrEmptyPending = false;
        }
        return cause | (fifosEnabled() ? IIR_FIFOS_ENABLED : 0);
    }

    /** The enabled cause of the highest priority, table 4 of the data sheet. */
    private int cause() {
        if (enabled(IER_LINE_STATUS) && lineErrors != 0) {
            return IIR_LINE_STATUS;
        }
        if (enabled(IER_RECEIVED) && receiver.count() >= trigger()) {
            return IIR_RECEIVED;
        }
        if (enabled(IER_RECEIVED) && timedOut) {
            return IIR_TIMEOUT;
        }
        if (enabled(IER_THR_EMPTY) && thrEmptyPending) {
            return IIR_THR_EMPTY;
        }
        if (enabled(IER_MODEM_STATUS) && modemDeltas != 0) {
            return IIR_MODEM_STATUS;
        }
        return IIR_NONE;
    }

    private void enableInterrupts(int enable) {
        int added = enable & ~ier;
        ier = enable;
        // Enabling it while the register is empty interrupts at once: drivers start transmitting that way.
        thrEmptyPending |= (added & IER_THR_EMPTY) != 0 && transmitter.isEmpty();
    }

    private void controlFifos(int value) {
        boolean enable = (value & FCR_ENABLE) != 0;
        if (enable != fifosEnabled() || enable && (value & FCR_CLEAR_RECEIVER) != 0) {
            receiver.clear();
            timedOut = false;
            timeoutAt = NEVER;
        }
        fcr = enable ? value & FCR_BITS : 0;
    }

    private void controlLine(int value, long now) {
        boolean breakBegins = (value & ~lcr & LCR_BREAK) != 0;
        lcr = value;
        if (breakBegins && loops()) {
            receive((byte) 0, true, now);
        }
    }

    private void controlModem(int value) {
        int before = modemLines(mcr);
        mcr = value;
        int after = modemLines(mcr);
        int changed = before ^ after;
        modemDeltas |= (changed & MSR_CTS) != 0 ? MSR_DELTA_CTS : 0;
        modemDeltas |= (changed & MSR_DSR) != 0 ? MSR_DELTA_DSR : 0;
        modemDeltas |= (changed & MSR_DCD) != 0 ? MSR_DELTA_DCD : 0;
        modemDeltas |= (changed & before & MSR_RI) != 0 ? MSR_TRAILING_RI : 0;
    }

    /** The modem's inputs: the far end's, or the chip's own outputs while it loops. */
    private static int modemLines(int mcr) {
        if ((mcr & MCR_LOOP) == 0) {
            return CONNECTED;
        }
        return ((mcr & MCR_RTS) != 0 ? MSR_CTS : 0)
                | ((mcr & MCR_DTR) != 0 ? MSR_DSR : 0)
                | ((mcr & MCR_OUT1) != 0 ? MSR_RI : 0)
                | ((mcr & MCR_OUT2) != 0 ? MSR_DCD : 0);
    }

    private void restartTimeout(long now) {
        boolean waiting = fifosEnabled() && receiver.count() > 0 && receiver.count() < trigger();
        timeoutAt = waiting ? now + 4 * characterNanos() : NEVER;
    }

    /** Start bit, data, parity, stop bits. */
    private long characterNanos() {
        int bits = 1 + 5 + (lcr & LCR_WORD_LENGTH) + 1;
        bits += (lcr & LCR_PARITY) != 0 ? 1 : 0;
        bits += (lcr & LCR_TWO_STOP_BITS) != 0 ? 1 : 0;
        long ticks = (long) bits * (divisor == 0 ? 0x10000 : divisor);
        return ticks * 1_000_000_000L / CLOCK_BAUD;
    }

    private int trigger() {
        if (!fifosEnabled()) {
            return 1;
        }
        return switch (fcr >> 6) {
            case 0 -> 1;
            case 1 -> 4;
            case 2 -> 8;
            default -> 14;
        };
    }

    private int depth() {
        return fifosEnabled() ? FIFO_BYTES : 1;
    }

    private boolean fifosEnabled() {
        return (fcr & FCR_ENABLE) != 0;
    }

    private boolean enabled(int interrupt) {
        return (ier & interrupt) != 0;
    }

    private boolean loops() {
        return (mcr & MCR_LOOP) != 0;
    }

    private boolean dlab() {
        return (lcr & LCR_DLAB) != 0;
    }
}
