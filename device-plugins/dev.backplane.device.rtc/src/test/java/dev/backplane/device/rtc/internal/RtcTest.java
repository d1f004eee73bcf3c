package dev.backplane.device.rtc.internal;

import static dev.backplane.device.rtc.internal.Registers.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.ResetKind;
import dev.backplane.api.part.Resumption;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.RecordedLine;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RtcTest {
    private final DeviceBench<RtcOptions, RtcState> bench = DeviceBench.make(new RtcFactory(), new RtcOptions());
    private final RecordedLine line = bench.line(RtcFactory.INTERRUPT);

    @BeforeEach
    void start() {
        bench.clock().setWall(Instant.parse("2027-12-31T23:59:58Z"));
        bench.resume(Resumption.STARTED);
        read(C);
    }

    @AfterEach
    void close() {
        bench.close();
    }

    @Test
    void itShowsTheWallClockInBcd() {
        assertTime(0x20, 0x27, 0x12, 0x31, 0x23, 0x59, 0x58);
        assertEquals(6, read(DAY_OF_WEEK), "a Friday");
        bench.clock().advance(Duration.ofSeconds(2));
        assertTime(0x20, 0x28, 0x01, 0x01, 0x00, 0x00, 0x00);
        assertEquals(7, read(DAY_OF_WEEK));
        assertEquals(0x80, read(D));
    }

    @Test
    void formatsAreChosenByRegisterB() {
        write(B, B_24_HOURS | B_BINARY);
        assertTime(20, 27, 12, 31, 23, 59, 58);
        write(B, B_BINARY);
        assertEquals(0x80 | 11, read(HOURS));
        write(B, 0);
        assertEquals(0x91, read(HOURS));
        bench.clock().advance(Duration.ofSeconds(2));
        assertEquals(0x12, read(HOURS), "midnight is 12 in the morning");
        bench.clock().advance(Duration.ofHours(12));
        assertEquals(0x92, read(HOURS), "noon is 12 in the afternoon");
    }

    /** As Linux sets it: SET, divider reset, time, SET off, divider on. */
    @Test
    void aClockThatIsSetGoesOnFromThereHalfASecondAfterTheDividerIsLetGo() {
        bench.clock().advance(Duration.ofMillis(130));
        write(B, B_SET | B_24_HOURS);
        write(A, 0x76);
        int[] registers = {CENTURY, YEAR, MONTH, DAY_OF_MONTH, HOURS, MINUTES, SECONDS};
        int[] values = {0x21, 0x04, 0x02, 0x28, 0x23, 0x59, 0x59};
        for (int i = 0; i < registers.length; i++) {
            write(registers[i], values[i]);
        }
        bench.clock().advance(Duration.ofSeconds(5));
        assertEquals(0x59, read(SECONDS), "it stands");
        write(B, B_24_HOURS);
        write(A, 0x26);
        bench.clock().advance(Duration.ofMillis(499));
        assertTime(0x21, 0x04, 0x02, 0x28, 0x23, 0x59, 0x59);
        bench.clock().advance(Duration.ofMillis(1));
        assertTime(0x21, 0x04, 0x02, 0x29, 0x00, 0x00, 0x00);
        bench.clock().advance(Duration.ofDays(1));
        assertTime(0x21, 0x04, 0x03, 0x01, 0x00, 0x00, 0x00);
    }

    @Test
    void setAloneKeepsTheBeginningOfTheSeconds() {
        bench.clock().advance(Duration.ofMillis(900));
        write(B, B_SET | B_24_HOURS);
        write(SECONDS, 0x10);
        write(B, B_24_HOURS);
        assertEquals(0x10, read(SECONDS));
        bench.clock().advance(Duration.ofMillis(100));
        assertEquals(0x11, read(SECONDS));
    }

    @Test
    void aTimeRegisterWrittenWhileItRunsTakesEffect() {
        write(MINUTES, 0x30);
        assertTime(0x20, 0x27, 0x12, 0x31, 0x23, 0x30, 0x58);
    }

    @Test
    void valuesThatNoCalendarHasAreCarriedOver() {
        write(B, B_SET | B_24_HOURS);
        write(MONTH, 0x02);
        write(DAY_OF_MONTH, 0x30);
        write(SECONDS, 0x75);
        write(B, B_24_HOURS);
        assertTime(0x20, 0x27, 0x03, 0x03, 0x00, 0x00, 0x15);
    }

    @Test
    void theUpdateBitWarns244MicrosecondsAhead() {
        bench.clock().advance(Duration.ofNanos(1_000_000_000 - 244_001));
        assertEquals(0, read(A) & A_UPDATE_IN_PROGRESS);
        bench.clock().advance(Duration.ofNanos(1));
        assertEquals(A_UPDATE_IN_PROGRESS, read(A) & A_UPDATE_IN_PROGRESS);
        bench.clock().advance(Duration.ofNanos(244_000));
        assertEquals(0, read(A) & A_UPDATE_IN_PROGRESS);
    }

    @Test
    void updatesInterruptEachSecondOnceTheFlagsAreRead() {
        write(B, B_24_HOURS | UPDATE);
        bench.clock().advance(Duration.ofMillis(999));
        assertFalse(line.isUp());
        bench.clock().advance(Duration.ofMillis(1));
        assertTrue(line.isUp());
        assertEquals(C_INTERRUPT_REQUEST | UPDATE, read(C) & ~PERIODIC);
        assertFalse(line.isUp());
        assertEquals(0, read(C), "reading clears the flags");
        bench.clock().advance(Duration.ofSeconds(10));
        assertEquals(2, line.edges(), "the line stays up until the flags are read");
    }

    @Test
    void flagsComeWithoutTheirInterruptsToo() {
        bench.clock().advance(Duration.ofSeconds(1));
        assertEquals(UPDATE | PERIODIC, read(C));
        assertEquals(0, line.edges());
    }

    @Test
    void thePeriodicInterruptComesAtTheChosenRate() {
        int[][] rates = {{1, 256}, {2, 128}, {3, 8192}, {6, 1024}, {13, 8}, {15, 2}};
        for (int[] rate : rates) {
            write(A, 0x20 | rate[0]);
            write(B, B_24_HOURS | PERIODIC);
            read(C);
            int before = line.edges();
            long stepNanos = 1_000_000_000L / 8192 / 4;
            for (long passed = 0; passed < 1_000_000_000L; passed += stepNanos) {
                bench.clock().advance(Duration.ofNanos(stepNanos));
                if (line.isUp()) {
                    read(C);
                }
            }
            assertEquals(rate[1], line.edges() - before, 1, "rate " + rate[0]);
            write(B, B_24_HOURS);
        }
        write(A, 0x20);
        write(B, B_24_HOURS | PERIODIC);
        read(C);
        bench.clock().advance(Duration.ofSeconds(3));
        assertFalse(line.isUp(), "rate 0 is none");
    }

    @Test
    void theAlarmGoesOffAtItsTimeAndNotBefore() {
        write(HOURS_ALARM, 0x07);
        write(MINUTES_ALARM, 0x30);
        write(SECONDS_ALARM, 0x05);
        write(B, B_24_HOURS | ALARM);
        bench.clock().advance(Duration.ofHours(7).plusMinutes(30).plusSeconds(6));
        assertFalse(line.isUp());
        bench.clock().advance(Duration.ofSeconds(1));
        assertTrue(line.isUp());
        assertEquals(C_INTERRUPT_REQUEST | ALARM, read(C) & (C_INTERRUPT_REQUEST | ALARM));
        bench.clock().advance(Duration.ofDays(1).minusSeconds(1));
        assertFalse(line.isUp());
        bench.clock().advance(Duration.ofSeconds(1));
        assertTrue(line.isUp());
    }

    @Test
    void anAlarmFieldOfDontCareMatchesAlways() {
        write(HOURS_ALARM, 0xc0);
        write(MINUTES_ALARM, 0xff);
        write(SECONDS_ALARM, 0x10);
        write(B, B_24_HOURS | ALARM);
        for (int i = 0; i < 5; i++) {
            bench.clock().advance(Duration.ofMinutes(1));
            assertTrue(line.isUp());
            read(C);
        }
        assertEquals(5, line.edges());
    }

    @Test
    void anAlarmThatNoTimeHasNeverGoesOff() {
        write(SECONDS_ALARM, 0x77);
        write(B, B_24_HOURS | ALARM);
        bench.clock().advance(Duration.ofDays(2));
        assertFalse(line.isUp());
        assertEquals(0, bench.clock().armedTimers());
    }

    @Test
    void anAlarmThatPassedWhileTheMachineStoodStillGoesOffAtOnce() {
        write(HOURS_ALARM, 0x03);
        write(B, B_24_HOURS | ALARM);
        bench.quiesce();
        bench.clock().setWall(Instant.parse("2028-01-01T08:00:00Z"));
        bench.resume(new Resumption(Resumption.Cause.PAUSE, Duration.ofHours(8)));
        assertTrue(line.isUp());
        assertEquals(0x08, read(HOURS), "and the clock shows the host's time");
    }

    @Test
    void memoryIsKeptThroughAResetWhichTurnsInterruptsOff() {
        for (int register = 0x0e; register < COUNT; register++) {
            if (register != CENTURY) {
                write(register, register ^ 0xff);
            }
        }
        write(B, B_24_HOURS | UPDATE);
        bench.clock().advance(Duration.ofSeconds(1));
        bench.reset(ResetKind.SYSTEM);
        assertFalse(line.isUp());
        assertEquals(B_24_HOURS, read(B));
        for (int register = 0x0e; register < COUNT; register++) {
            if (register != CENTURY) {
                assertEquals(register ^ 0xff, read(register));
            }
        }
    }

    @Test
    void theNmiMaskIsNoPartOfTheIndexWhichCannotBeRead() {
        write(0x40, 0x12);
        bench.out(0x70, 1, 0x80 | 0x40);
        assertEquals(0x12, bench.in(0x71, 1));
        assertEquals(0xff, bench.in(0x70, 1));
        assertEquals(0x12ff, bench.in(0x70, 2));
    }

    private void assertTime(int century, int year, int month, int day, int hour, int minute, int second) {
        int[] expected = {century, year, month, day, hour, minute, second};
        int[] registers = {CENTURY, YEAR, MONTH, DAY_OF_MONTH, HOURS, MINUTES, SECONDS};
        for (int i = 0; i < registers.length; i++) {
            assertEquals(
                    Integer.toHexString(expected[i]),
                    Integer.toHexString(read(registers[i])),
                    "register 0x" + Integer.toHexString(registers[i]));
        }
    }

    private void write(int register, int value) {
        RtcContractTest.write(bench, register, value);
    }

    private int read(int register) {
        return RtcContractTest.read(bench, register);
    }
}
