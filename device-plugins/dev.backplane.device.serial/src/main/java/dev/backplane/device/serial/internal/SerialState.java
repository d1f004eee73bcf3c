package dev.backplane.device.serial.internal;

import dev.backplane.api.state.StateException;
import dev.backplane.api.state.StateVersion;

/**
 * All registers, and the bytes on either side of them.
 *
 * @param ier interrupt enable
 * @param lcr line control
 * @param mcr modem control
 * @param fcr FIFO control, as far as it is kept
 * @param scratch scratch
 * @param divisor divisor latch
 * @param lineErrors the error bits of the line status
 * @param modemDeltas the delta bits of the modem status
 * @param thrEmptyPending whether "transmitter empty" waits to be identified
 * @param timedOut whether "character timeout" waits to be identified
 * @param timeoutAt when it will, on the guest's clock in nanoseconds; -1 for never
 * @param received the receive FIFO, oldest first
 * @param breaks which of them are breaks, the oldest in bit 0
 * @param held transmitted bytes that the console has not taken yet, oldest first
 */
@StateVersion(
        schema = "serial-16550",
        writes = 1,
        reads = {1})
public record SerialState(
        int ier,
        int lcr,
        int mcr,
        int fcr,
        int scratch,
        int divisor,
        int lineErrors,
        int modemDeltas,
        boolean thrEmptyPending,
        boolean timedOut,
        long timeoutAt,
        byte[] received,
        int breaks,
        byte[] held) {

    /** A port after power-on. */
    static SerialState powerOn() {
        return new SerialState(0, 0, 0, 0, 0, 12, 0, 0, false, false, -1, new byte[0], 0, new byte[0]);
    }

    /** The same, if a port can go on from it. */
    SerialState checked() throws StateException {
        check("ier", ier, Registers.IER_BITS);
        check("lcr", lcr, 0xff);
        check("mcr", mcr, Registers.MCR_BITS);
        check("fcr", fcr, Registers.FCR_BITS);
        check("scratch", scratch, 0xff);
        check("divisor", divisor, 0xffff);
        check("lineErrors", lineErrors, Registers.LSR_ERRORS);
        check("modemDeltas", modemDeltas, Registers.MSR_DELTAS);
        int depth = (fcr & Registers.FCR_ENABLE) != 0 ? Uart16550.FIFO_BYTES : 1;
        if (received.length > depth) {
            throw new StateException("received has " + received.length + " bytes: the receiver holds " + depth);
        }
        check("breaks", breaks, (1 << received.length) - 1);
        if (held.length > Transmitter.HELD_BYTES) {
            throw new StateException("held has " + held.length + " bytes: expected at most " + Transmitter.HELD_BYTES);
        }
        return this;
    }

    private static void check(String field, int value, int bits) throws StateException {
        if ((value & ~bits) != 0) {
            throw new StateException("%s is 0x%x: only the bits 0x%x exist".formatted(field, value, bits));
        }
    }
}
