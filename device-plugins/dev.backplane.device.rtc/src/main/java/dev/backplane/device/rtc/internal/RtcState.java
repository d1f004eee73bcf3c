package dev.backplane.device.rtc.internal;

import static dev.backplane.device.rtc.internal.Registers.*;

import dev.backplane.api.state.StateException;
import dev.backplane.api.state.StateVersion;

/**
 * The memory, and how the clock's time relates to the host's.
 *
 * @param cmos all registers and the memory; the time registers count only while the clock stands, C holds its flags
 * @param index the register that port 0x71 shows
 * @param offsetSeconds what the guest's setting of the clock added to the host's wall clock
 * @param phaseNanos how much earlier than the host's the clock's seconds begin
 * @param seenSecond the clock's last second for which flags were raised
 * @param seenTick the last of the divider's 32768 ticks a second for which flags were raised
 */
@StateVersion(
        schema = "rtc-cmos",
        writes = 1,
        reads = {1})
public record RtcState(byte[] cmos, int index, long offsetSeconds, long phaseNanos, long seenSecond, long seenTick) {

    /** Beyond what a guest can set: year 25599 and whatever the host's clock says. */
    private static final long MAX_SECONDS = 2_000_000_000_000L;

    /** A clock that shows the host's wall clock, with memory full of zeros. */
    static RtcState powerOn(long second, long tick) {
        byte[] cmos = new byte[COUNT];
        cmos[A] = A_POWER_ON;
        cmos[B] = B_24_HOURS;
        cmos[D] = (byte) D_VALID_RAM_AND_TIME;
        return new RtcState(cmos, 0, 0, 0, second, tick);
    }

    /** The same, if a clock can go on from it. */
    RtcState checked() throws StateException {
        if (cmos.length != COUNT) {
            throw new StateException("cmos has " + cmos.length + " bytes: expected " + COUNT);
        }
        check("index", index, 0, COUNT - 1);
        check("offsetSeconds", offsetSeconds, -MAX_SECONDS, MAX_SECONDS);
        check("phaseNanos", phaseNanos, 0, 999_999_999);
        check("seenSecond", seenSecond, -MAX_SECONDS, MAX_SECONDS);
        return this;
    }

    private static void check(String field, long value, long min, long max) throws StateException {
        if (value < min || value > max) {
            throw new StateException(field + " is " + value + ": expected " + min + " to " + max);
        }
    }
}
