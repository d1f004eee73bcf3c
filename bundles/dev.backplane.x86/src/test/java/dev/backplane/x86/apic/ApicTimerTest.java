package dev.backplane.x86.apic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** SDM 3A, 12.5.4. */
class ApicTimerTest {
    private static final int DIVIDE_BY_1 = 0b1011;
    private static final int DIVIDE_BY_16 = 0b0011;

    private final ApicFixture fixture = new ApicFixture(1);
    private final LocalApic apic = fixture.apic(0);

    private boolean fires() {
        apic.pollTimer();
        return apic.acknowledge() == 0x40 && complete();
    }

    private boolean complete() {
        apic.writePage(ApicRegister.EOI, 4, 0);
        return true;
    }

    @Test
    void divideConfigurationsDivideBy2To128And1() {
        int[] divisors = {2, 4, 8, 16, 32, 64, 128, 1};
        for (int i = 0; i < 8; i++) {
            apic.writePage(ApicRegister.DIVIDE, 4, i & 3 | (i & 4) << 1);
            apic.writePage(ApicRegister.INITIAL_COUNT, 4, 1000);
            assertEquals(fixture.nanos + 1000L * divisors[i], apic.timerDueNanos());
        }
    }

    @Test
    void oneShotCountsDownAndFiresOnce() {
        apic.writePage(ApicRegister.LVT_TIMER, 4, 0x40);
        apic.writePage(ApicRegister.DIVIDE, 4, DIVIDE_BY_16);
        apic.writePage(ApicRegister.INITIAL_COUNT, 4, 100);
        fixture.nanos += 160;
        assertEquals(90, apic.readPage(ApicRegister.CURRENT_COUNT, 4));
        assertFalse(fires());
        fixture.nanos += 1440;
        assertEquals(0, apic.readPage(ApicRegister.CURRENT_COUNT, 4));
        assertTrue(fires());
        fixture.nanos += 10_000;
        assertFalse(fires());
        assertEquals(Long.MAX_VALUE, apic.timerDueNanos());
    }

    @Test
    void periodicReloadsAndALatePollOwesOneInterrupt() {
        apic.writePage(ApicRegister.LVT_TIMER, 4, 0x20040);
        apic.writePage(ApicRegister.DIVIDE, 4, DIVIDE_BY_1);
        apic.writePage(ApicRegister.INITIAL_COUNT, 4, 1_000_000);
        long start = fixture.nanos;
        fixture.nanos = start + 1_000_000;
        assertTrue(fires());
        assertEquals(start + 2_000_000, apic.timerDueNanos());
        fixture.nanos = start + 5_300_000;
        assertEquals(700_000, apic.readPage(ApicRegister.CURRENT_COUNT, 4));
        assertTrue(fires());
        assertFalse(fires());
        assertEquals(start + 6_000_000, apic.timerDueNanos());
        assertEquals(700_000, apic.readPage(ApicRegister.CURRENT_COUNT, 4));
    }

    @Test
    void aPeriodOfOneTickCountsOnAndInterruptsSoOftenThatTheGuestGetsToSomethingElse() {
        apic.writePage(ApicRegister.LVT_TIMER, 4, 0x20040);
        apic.writePage(ApicRegister.DIVIDE, 4, DIVIDE_BY_1);
        apic.writePage(ApicRegister.INITIAL_COUNT, 4, 1);
        int interrupts = 0;
        for (int micros = 0; micros < 1000; micros++) {
            fixture.nanos += 1000;
            assertEquals(1, apic.readPage(ApicRegister.CURRENT_COUNT, 4));
            interrupts += fires() ? 1 : 0;
        }
        assertEquals(20, interrupts);
    }

    @Test
    void aMaskedTimerCountsWithoutInterrupt() {
        apic.writePage(ApicRegister.LVT_TIMER, 4, 0x10040);
        apic.writePage(ApicRegister.INITIAL_COUNT, 4, 10);
        fixture.nanos += 100;
        assertFalse(fires());
        assertEquals(List.of(), ApicFixture.requested(apic));
    }

    @Test
    void writingZeroStopsTheCounter() {
        apic.writePage(ApicRegister.INITIAL_COUNT, 4, 10);
        apic.writePage(ApicRegister.INITIAL_COUNT, 4, 0);
        assertEquals(Long.MAX_VALUE, apic.timerDueNanos());
    }

    @Test
    void tscDeadlineFiresAtTheCountAndClearsTheRegister() {
        apic.writePage(ApicRegister.LVT_TIMER, 4, 0x40040);
        apic.setTscDeadline(fixture.nanos * 2 + 501);
        assertEquals(fixture.nanos + 251, apic.timerDueNanos());
        assertEquals(fixture.nanos + 251, fixture.armed);
        fixture.nanos += 250;
        assertFalse(fires());
        fixture.nanos += 1;
        assertTrue(fires());
        assertEquals(0, apic.tscDeadline());
        assertEquals(Long.MAX_VALUE, fixture.armed);
    }

    @Test
    void aDeadlineInThePastFiresAtOnce() {
        apic.writePage(ApicRegister.LVT_TIMER, 4, 0x40040);
        apic.setTscDeadline(1);
        assertTrue(apic.timerDueNanos() <= fixture.nanos);
        assertTrue(fires());
    }

    @Test
    void theDeadlineIsIgnoredInOtherModesAndDisarmedByAChangeOfMode() {
        apic.setTscDeadline(5000);
        assertEquals(0, apic.tscDeadline());
        apic.writePage(ApicRegister.LVT_TIMER, 4, 0x40040);
        apic.writePage(ApicRegister.INITIAL_COUNT, 4, 7);
        assertEquals(0, apic.readPage(ApicRegister.INITIAL_COUNT, 4));
        apic.setTscDeadline(1 << 20);
        apic.writePage(ApicRegister.LVT_TIMER, 4, 0x00040);
        assertEquals(Long.MAX_VALUE, apic.timerDueNanos());
    }
}
