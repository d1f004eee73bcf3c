package dev.backplane.machine.pc.internal.chip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Behaviour by mode as the 8254 data sheet (Intel 231164) draws it; a count is loaded one tick after it is written. */
class PitChannelTest {
    private final PitChannel channel = new PitChannel(true);

    private void program(int mode, int count, long now) {
        channel.writeControl(0x30 | mode << 1);
        writeCount(count, now);
    }

    private void writeCount(int count, long now) {
        channel.write(count & 0xff, now);
        channel.write(count >>> 8 & 0xff, now);
    }

    private int readCount(long now) {
        return channel.read(now) | channel.read(now) << 8;
    }

    private String output(long from, long to) {
        StringBuilder result = new StringBuilder();
        for (long now = from; now < to; now++) {
            result.append(channel.output(now) ? '1' : '0');
        }
        return result.toString();
    }

    @Nested
    class Mode0 {
        @Test
        void outGoesHighOneTickMoreThanTheCountAfterTheWrite() {
            program(0, 4, 100);
            assertEquals("00000111", output(100, 108));
            assertEquals(105, channel.nextRise(100));
        }

        @Test
        void theCountGoesOnBelowZero() {
            program(0, 4, 100);
            assertEquals(4, readCount(101));
            assertEquals(0, readCount(105));
            assertEquals(0xffff, readCount(106));
        }

        @Test
        void aLowGateHoldsTheCount() {
            program(0, 4, 100);
            channel.gate(false, 103);
            assertEquals(2, readCount(110));
            assertFalse(channel.output(200));
            assertEquals(Long.MAX_VALUE, channel.nextRise(200));
            channel.gate(true, 200);
            assertEquals("001", output(200, 203));
        }

        @Test
        void aCountWrittenWhileTheGateIsLowWaitsForIt() {
            channel.writeControl(0x30);
            channel.gate(false, 90);
            writeCount(3, 100);
            assertEquals(3, readCount(150));
            channel.gate(true, 200);
            assertEquals(203, channel.nextRise(200));
        }

        @Test
        void theFirstByteOfANewCountStopsItAndTheSecondStartsItAgain() {
            program(0, 4, 100);
            channel.write(9, 102);
            assertEquals("0000000000", output(102, 112));
            channel.write(0, 112);
            assertEquals(122, channel.nextRise(112));
        }
    }

    @Nested
    class Mode1 {
        @Test
        void aTriggerMakesOutLowForTheCount() {
            channel.writeControl(0x32);
            channel.gate(false, 0);
            writeCount(3, 100);
            assertEquals("111", output(101, 104));
            channel.gate(true, 110);
            assertEquals("10001", output(110, 115));
        }

        @Test
        void aSecondTriggerStartsThePulseAgain() {
            channel.writeControl(0x32);
            channel.gate(false, 0);
            writeCount(3, 100);
            channel.gate(true, 110);
            channel.gate(false, 111);
            channel.gate(true, 112);
            assertEquals("0001", output(113, 117));
        }

        @Test
        void aNewCountIsTakenOverByTheNextTriggerOnly() {
            channel.writeControl(0x32);
            channel.gate(false, 0);
            writeCount(3, 100);
            channel.gate(true, 110);
            writeCount(5, 111);
            assertEquals("0001", output(111, 115));
            channel.gate(false, 120);
            channel.gate(true, 121);
            assertEquals("000001", output(122, 128));
        }
    }

    @Nested
    class Mode2 {
        @Test
        void outIsLowForTheLastTickOfEveryPeriod() {
            program(2, 3, 100);
            assertEquals("1110110110", output(100, 110));
            assertEquals(104, channel.nextRise(100));
            assertEquals(107, channel.nextRise(104));
        }

        @Test
        void aNewCountIsLoadedAtTheEndOfThePeriod() {
            program(2, 4, 100);
            writeCount(2, 102);
            assertEquals(105, channel.nextRise(102));
            assertEquals("110" + "10" + "10", output(102, 109));
        }

        @Test
        void aLowGateMakesOutHighAndItsRiseReloads() {
            program(2, 4, 100);
            channel.gate(false, 104);
            assertEquals("1111", output(104, 108));
            channel.gate(true, 110);
            assertEquals("11110", output(110, 115));
        }

        @ParameterizedTest
        @CsvSource({"101,4", "102,3", "104,1", "105,4"})
        void theCountRunsFromItsStartToOne(long now, int expected) {
            program(2, 4, 100);
            assertEquals(expected, readCount(now));
        }
    }

    @Nested
    class Mode3 {
        @Test
        void anEvenCountGivesEqualHalves() {
            program(3, 4, 100);
            assertEquals("1100110011", output(101, 111));
            assertEquals(105, channel.nextRise(101));
        }

        @Test
        void anOddCountIsHighOneTickLonger() {
            program(3, 5, 100);
            assertEquals("11100" + "11100", output(101, 111));
        }

        @ParameterizedTest
        @CsvSource({"6,101,6", "6,102,4", "6,103,2", "6,104,6", "5,101,4", "5,102,2", "5,103,0", "5,104,4", "5,105,2"})
        void theCountGoesDownByTwo(int count, long now, int expected) {
            program(3, count, 100);
            assertEquals(expected, readCount(now));
        }

        @Test
        void aNewCountIsLoadedAtTheEndOfTheHighHalf() {
            program(3, 8, 100);
            writeCount(4, 102);
            assertEquals(107, channel.nextRise(102));
            assertEquals("111" + "00" + "11" + "00", output(102, 111));
        }

        @Test
        void aNewCountIsLoadedAtTheEndOfTheLowHalf() {
            program(3, 8, 100);
            writeCount(4, 106);
            assertEquals(109, channel.nextRise(106));
            assertEquals("000" + "11" + "00", output(106, 113));
        }
    }

    @Nested
    class Mode4 {
        @Test
        void outIsLowForOneTickAfterTheCount() {
            program(4, 3, 100);
            assertEquals("111101111", output(100, 109));
            assertEquals(105, channel.nextRise(100));
            assertEquals(Long.MAX_VALUE, channel.nextRise(105));
        }
    }

    @Nested
    class Mode5 {
        @Test
        void aTriggerIsFollowedByTheStrobe() {
            channel.writeControl(0x3a);
            channel.gate(false, 0);
            writeCount(3, 100);
            channel.gate(true, 110);
            assertEquals("111101", output(110, 116));
        }
    }

    @Nested
    class Reading {
        @Test
        void aLatchedCountStaysUntilItHasBeenRead() {
            program(2, 0x1234, 100);
            channel.latchCount(101);
            channel.latchCount(200);
            assertEquals(0x1234, readCount(300));
            assertEquals(0x1234 - 199, readCount(300));
        }

        @Test
        void aLatchedStatusIsReadBeforeTheCount() {
            channel.writeControl(0x34);
            channel.latchStatus(99);
            assertEquals(0xf4, channel.read(99), "output high, null count, both bytes, mode 2");
            writeCount(0x1234, 100);
            channel.latchCount(101);
            channel.latchStatus(101);
            assertEquals(0xb4, channel.read(150));
            assertEquals(0x1234, readCount(150));
        }

        @Test
        void nullCountIsSetUntilANewCountIsTakenOver() {
            program(2, 4, 100);
            writeCount(2, 102);
            channel.latchStatus(103);
            assertEquals(0x40, channel.read(103) & 0x40);
            channel.latchStatus(105);
            assertEquals(0, channel.read(105) & 0x40);
        }

        @Test
        void oneByteAccessTouchesOneByteOfTheCount() {
            channel.writeControl(0x14);
            channel.write(0x56, 100);
            assertEquals(0x56, channel.read(101));
            channel.writeControl(0x24);
            channel.write(0x56, 100);
            assertEquals(0x56, channel.read(101));
            channel.latchCount(102);
            assertEquals(0x55, channel.read(102));
        }

        @Test
        void zeroIsTheLargestCount() {
            program(2, 0, 100);
            assertEquals(100 + 1 + 0x10000, channel.nextRise(100));
            assertEquals(0, readCount(101));
            assertEquals(0xffff, readCount(102));
        }

        @Test
        void bcdCountsFromTenThousand() {
            channel.writeControl(0x35);
            writeCount(0, 100);
            assertEquals(0x9999, readCount(102));
            channel.writeControl(0x35);
            writeCount(0x1000, 200);
            assertEquals(0x0999, readCount(202));
            assertEquals(1201, channel.nextRise(201));
        }

        @ParameterizedTest
        @ValueSource(ints = {6, 7})
        void modesSixAndSevenAreTwoAndThree(int mode) {
            program(mode, 8, 100);
            channel.latchStatus(102);
            assertEquals(mode - 4, channel.read(102) >>> 1 & 7);
        }
    }

    @Test
    void nextRiseIsAlwaysWhereOutRisesNext() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            long now = 1000;
            int mode = random.nextInt(5);
            program(mode, 2 + random.nextInt(30), now);
            if (random.nextBoolean()) {
                now += random.nextInt(60);
                writeCount(2 + random.nextInt(30), now);
            }
            now += 1 + random.nextInt(60);
            long promised = channel.nextRise(now);
            long found = Long.MAX_VALUE;
            for (long at = now; at < now + 200; at++) {
                if (!channel.output(at) && channel.output(at + 1)) {
                    found = at + 1;
                    break;
                }
            }
            assertEquals(found, promised, "seed " + seed + ", round " + round + ", mode " + mode);
        }
    }

    @Test
    void aRestoredChannelGoesOnWhereTheSavedOneWas() {
        program(3, 9, 100);
        writeCount(6, 103);
        channel.latchStatus(103);
        PitChannel other = new PitChannel(false);
        other.restore(channel.save());
        assertEquals(channel.save(), other.save());
        for (long now = 103; now < 140; now++) {
            assertEquals(channel.output(now), other.output(now));
        }
        assertTrue(other.gate());
    }
}
