package dev.backplane.x86.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Vector;
import java.math.BigInteger;
import org.junit.jupiter.api.Test;

/** The paravirtual clock's records as a guest reads them. */
class KvmClockTest {
    private static final long TIME = 0x20_0040;
    private final Guest guest = new Guest().long64();

    private Guest write(int number, long value) {
        guest.cpu.r[Gpr.RCX] = number;
        guest.cpu.r[Gpr.RAX] = value & 0xffff_ffffL;
        guest.cpu.r[Gpr.RDX] = value >>> 32;
        return guest.run("0f30 f4");
    }

    /** What a guest computes from the record at a TSC. */
    private long systemTime(long tsc) {
        long delta = tsc - guest.get64(TIME + 8);
        int shift = guest.bytes.get(java.lang.foreign.ValueLayout.JAVA_BYTE, TIME + 28);
        delta = shift < 0 ? delta >>> -shift : delta << shift;
        return BigInteger.valueOf(delta)
                        .multiply(BigInteger.valueOf(guest.get32(TIME + 24)))
                        .shiftRight(32)
                        .longValueExact()
                + guest.get64(TIME + 16);
    }

    @Test
    void systemTimeIsTheGuestsClock() {
        write(0x4b56_4d01, TIME | 1);
        assertEquals(0, guest.get32(TIME) & 1, "an even version: not being written");
        assertTrue(guest.get32(TIME) != 0);
        assertEquals(1, guest.bytes.get(java.lang.foreign.ValueLayout.JAVA_BYTE, TIME + 29));
        for (long later : new long[] {0, 1_000, 3_600_000_000_000L}) {
            guest.nanos = 1_000_000 + later;
            assertEquals(guest.nanos, systemTime(guest.nanos * 2), 1 + guest.nanos / 4e9);
        }
    }

    @Test
    void systemTimeStaysWhereItWasWhenTheTscIsMoved() {
        write(0x4b56_4d01, TIME | 1);
        write(0x3b, 123_456);
        assertEquals(guest.nanos, systemTime(guest.nanos * 2 + 123_456), 1);
    }

    @Test
    void wallClockIsTheMomentOfZeroSystemTime() {
        write(0x4b56_4d00, TIME);
        assertEquals(1_699_999_999L, guest.get32(TIME + 4));
        assertEquals(999_000_000L, guest.get32(TIME + 8));
    }

    @Test
    void aResumeSetsTheStoppedFlagAndChangesTheVersion() {
        write(0x4b56_4d01, TIME | 1);
        long version = guest.get32(TIME);
        guest.system.kvmClock().resumed();
        assertEquals(3, guest.bytes.get(java.lang.foreign.ValueLayout.JAVA_BYTE, TIME + 29));
        assertEquals(version + 2, guest.get32(TIME));
    }

    @Test
    void stealTimeIsWrittenWhenItChanged() {
        write(0x4b56_4d03, TIME | 1);
        guest.system.kvmClock().stolen(5_000);
        assertEquals(5_000, guest.get64(TIME));
        long version = guest.get32(TIME + 8);
        guest.system.kvmClock().stolen(5_000);
        assertEquals(version, guest.get32(TIME + 8));
        write(0x4b56_4d03, TIME | 2).expect(Vector.GP, 0, Guest.CODE);
    }

    @Test
    void aRecordOutsideOfRamIsNotWritten() {
        write(0x4b56_4d01, 0x1_0000_0001L).expect(-1);
        write(0x4b56_4d01, (4 << 20) - 16 | 1).expect(-1);
        guest.system.kvmClock().resumed();
    }

    @Test
    void scalesOfOddFrequenciesStayWithin32Bits() {
        for (long hertz : new long[] {1_000_000, 999_999_937, 1_000_000_000, 2_593_905_000L, 5_000_000_000L}) {
            TscScale scale = TscScale.of(hertz);
            double nanos = 1e9 / hertz;
            double scaled = Math.scalb(Integer.toUnsignedLong(scale.multiplier()) / 0x1p32, scale.shift());
            assertEquals(nanos, scaled, nanos * 1e-9);
        }
    }
}
