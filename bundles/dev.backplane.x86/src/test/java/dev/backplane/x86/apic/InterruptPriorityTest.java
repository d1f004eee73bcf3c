package dev.backplane.x86.apic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** SDM 3A, 12.8.3 to 12.8.6. */
class InterruptPriorityTest {
    private final ApicFixture fixture = new ApicFixture(1);
    private final LocalApic apic = fixture.apic(0);

    private void raise(int vector, boolean level) {
        fixture.bus.message(0xfee0_0000L, vector | (level ? 1 << 15 : 0));
    }

    @Test
    void theHighestVectorIsDeliveredFirstAndMasksItsClassUntilEoi() {
        raise(0x31, false);
        raise(0x41, false);
        raise(0x45, false);
        assertEquals(0x45, apic.acknowledge());
        assertEquals(0x40, apic.readPage(ApicRegister.PPR, 4));
        assertEquals(-1, apic.acknowledge());
        raise(0x51, false);
        assertEquals(0x51, apic.acknowledge());
        apic.writePage(ApicRegister.EOI, 4, 0);
        apic.writePage(ApicRegister.EOI, 4, 0);
        assertEquals(0x41, apic.acknowledge());
        apic.writePage(ApicRegister.EOI, 4, 0);
        assertEquals(0x31, apic.acknowledge());
    }

    @Test
    void taskPriorityHoldsBackItsClassAndBelowAndCr8ShowsIt() {
        apic.setCr8(4);
        assertEquals(0x40, apic.readPage(ApicRegister.TPR, 4));
        raise(0x4f, false);
        assertEquals(-1, apic.deliverable());
        int before = fixture.wakes[0];
        apic.setCr8(3);
        assertTrue(fixture.wakes[0] > before, "lowering CR8 wakes the vCPU");
        assertEquals(0x4f, apic.acknowledge());
    }

    @Test
    void onlyTheEndOfALevelTriggeredInterruptIsBroadcast() {
        raise(0x60, true);
        raise(0x70, false);
        assertEquals(0x70, apic.acknowledge());
        apic.writePage(ApicRegister.EOI, 4, 0);
        assertEquals(0x60, apic.acknowledge());
        assertEquals(1, apic.readPage(ApicRegister.TMR + 0x30, 4));
        apic.writePage(ApicRegister.EOI, 4, 0);
        assertEquals(List.of(0x60), fixture.completed);
    }

    @Test
    void eoiWithNothingInServiceDoesNothing() {
        apic.writePage(ApicRegister.EOI, 4, 0);
        assertEquals(List.of(), fixture.completed);
    }

    @Test
    void aVectorBelow16IsAnErrorAndNotDelivered() {
        apic.writePage(ApicRegister.LVT_ERROR, 4, 0xfe);
        raise(0x0f, false);
        assertEquals(List.of(0xfe), ApicFixture.requested(apic));
        assertEquals(0, apic.readPage(ApicRegister.ESR, 4));
        apic.writePage(ApicRegister.ESR, 4, 0);
        assertEquals(ErrorStatus.RECEIVE_ILLEGAL_VECTOR, apic.readPage(ApicRegister.ESR, 4));
        apic.writePage(ApicRegister.ESR, 4, 0);
        assertEquals(0, apic.readPage(ApicRegister.ESR, 4));
    }

    @Test
    void disabledBySoftwareItTakesNoVectorsAndMasksItsTableButTakesNmi() {
        apic.writePage(ApicRegister.LVT_TIMER, 4, 0x40);
        apic.writePage(ApicRegister.SVR, 4, 0xff);
        raise(0x50, false);
        fixture.bus.message(0xfee0_0000L, Delivery.NMI << 8);
        assertEquals(List.of(), ApicFixture.requested(apic));
        assertTrue(apic.nmiPending());
        assertEquals(0x10040, apic.readPage(ApicRegister.LVT_TIMER, 4));
        apic.writePage(ApicRegister.LVT_TIMER, 4, 0x40);
        assertEquals(0x10040, apic.readPage(ApicRegister.LVT_TIMER, 4));
    }

    @Test
    void lint0PassesThePicThroughWhileItsEntryIsExtIntUnmaskedOrTheApicIsOff() {
        apic.setIntrPin(true);
        apic.writePage(ApicRegister.LVT_LINT0, 4, 0x10700);
        assertEquals(false, apic.extIntPending());
        apic.writePage(ApicRegister.LVT_LINT0, 4, 0x700);
        assertEquals(true, apic.extIntPending());
        apic.setIntrPin(false);
        assertEquals(false, apic.extIntPending());
        apic.writePage(ApicRegister.LVT_LINT0, 4, 0x10700);
        apic.setIntrPin(true);
        assertTrue(apic.setBase(0xfee0_0100L, 0));
        assertEquals(true, apic.extIntPending());
    }

    @Test
    void lint1RisingIsAnNmiOnce() {
        apic.writePage(ApicRegister.LVT_LINT1, 4, 0x400);
        apic.setNmiPin(true);
        apic.setNmiPin(true);
        assertTrue(apic.takeNmi());
        assertEquals(false, apic.takeNmi());
    }
}
