package dev.backplane.x86.apic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** SDM 3A, 12.6.2, 12.11 and 12.12.10: which local APICs a message reaches. */
class DestinationTest {
    private final ApicFixture fixture = new ApicFixture(4);

    private List<Integer> holders(int vector) {
        List<Integer> holders = new ArrayList<>();
        for (LocalApic apic : fixture.apics) {
            if (apic.vectors().irr().contains(vector)) {
                holders.add(apic.id());
            }
        }
        return holders;
    }

    private void ipi(int high, int low) {
        fixture.apic(0).writePage(ApicRegister.ICR_HIGH, 4, Integer.toUnsignedLong(high << 24));
        fixture.apic(0).writePage(ApicRegister.ICR_LOW, 4, low);
    }

    @Test
    void physicalDestinationReachesOneAndFfEverybody() {
        ipi(2, 0x4040);
        assertEquals(List.of(2), holders(0x40));
        ipi(0xff, 0x4041);
        assertEquals(List.of(0, 1, 2, 3), holders(0x41));
    }

    @Test
    void shorthandsReachSelfAllAndOthers() {
        ipi(3, 0x44050);
        ipi(0, 0x84051);
        ipi(0, 0xc4052);
        assertEquals(List.of(0), holders(0x50));
        assertEquals(List.of(0, 1, 2, 3), holders(0x51));
        assertEquals(List.of(1, 2, 3), holders(0x52));
    }

    @Test
    void flatLogicalDestinationIsAMask() {
        for (LocalApic apic : fixture.apics) {
            apic.writePage(ApicRegister.LDR, 4, 1L << 24 + apic.id());
        }
        ipi(0b1010, 0x4840);
        assertEquals(List.of(1, 3), holders(0x40));
    }

    @Test
    void clusterLogicalDestinationNeedsTheClusterAndTheBit() {
        for (LocalApic apic : fixture.apics) {
            apic.writePage(ApicRegister.DFR, 4, 0x0fff_ffff);
            apic.writePage(ApicRegister.LDR, 4, ((apic.id() >>> 1) << 4 | 1 << (apic.id() & 1)) << 24);
        }
        ipi(0x12, 0x4840);
        assertEquals(List.of(3), holders(0x40));
        ipi(0xf1, 0x4841);
        assertEquals(List.of(0, 2), holders(0x41));
    }

    @Test
    void x2ApicUsesWideIdsAndADerivedLogicalId() {
        fixture.enterX2Apic();
        LocalApic sender = fixture.apic(0);
        assertEquals(1 << 3, fixture.apic(3).readMsr(0x80d));
        assertTrue(sender.writeMsr(0x830, 2L << 32 | 0x40));
        assertTrue(sender.writeMsr(0x830, 0b1001L << 32 | 0x0841));
        assertTrue(sender.writeMsr(0x830, 0xffff_ffffL << 32 | 0x42));
        assertTrue(sender.writeMsr(0x830, 0xffL << 32 | 0x43));
        assertEquals(List.of(2), holders(0x40));
        assertEquals(List.of(0, 3), holders(0x41));
        assertEquals(List.of(0, 1, 2, 3), holders(0x42));
        assertEquals(List.of(), holders(0x43));
        assertTrue(sender.writeMsr(0x83f, 0x44));
        assertEquals(List.of(0), holders(0x44));
    }

    @Test
    void lowestPriorityGoesToOneEnabledApicOfLowestTaskPriority() {
        for (LocalApic apic : fixture.apics) {
            apic.writePage(ApicRegister.LDR, 4, 1L << 24 + apic.id());
            apic.setCr8(apic.id() == 2 ? 0 : 5);
        }
        fixture.bus.message(0xfee0_f00cL, 0x0140);
        assertEquals(List.of(2), holders(0x40));
        fixture.apic(2).writePage(ApicRegister.SVR, 4, 0xff);
        fixture.bus.message(0xfee0_f00cL, 0x0141);
        assertEquals(1, holders(0x41).size());
        assertFalse(holders(0x41).contains(2));
    }

    @Test
    void lowestPriorityAmongEqualsTakesTurns() {
        for (LocalApic apic : fixture.apics) {
            apic.writePage(ApicRegister.LDR, 4, 1L << 24 + apic.id());
        }
        List<Integer> chosen = new ArrayList<>();
        for (int vector = 0x40; vector < 0x44; vector++) {
            fixture.bus.message(0xfee0_f00cL, 0x0100 | vector);
            chosen.addAll(holders(vector));
        }
        assertEquals(List.of(0, 1, 2, 3), chosen.stream().sorted().toList());
    }

    @Test
    void messageWithRedirectionHintGoesToOneOfItsDestinations() {
        for (LocalApic apic : fixture.apics) {
            apic.writePage(ApicRegister.LDR, 4, 1L << 24 + apic.id());
        }
        fixture.bus.message(0xfee0_600cL, 0x0040);
        assertEquals(1, holders(0x40).size());
        fixture.bus.message(0xfee0_6004L, 0x0041);
        assertEquals(List.of(1, 2), holders(0x41));
    }

    @Test
    void messageOutsideTheInterruptRangeIsDropped() {
        fixture.bus.message(0xfed0_0000L, 0x40);
        fixture.bus.message(0x1_fee0_0000L, 0x40);
        assertEquals(List.of(), holders(0x40));
    }

    @Test
    void initForgetsAnEarlierStartUpAndTheFirstStartUpAfterItCounts() {
        ipi(1, 0x4611);
        ipi(1, 0x4500);
        LocalApic target = fixture.apic(1);
        assertTrue(target.takeInit());
        assertEquals(-1, target.takeStartUp());
        ipi(1, 0x4699);
        ipi(1, 0x469a);
        assertEquals(0x99, target.takeStartUp());
        assertEquals(-1, target.takeStartUp());
    }

    @Test
    void initLevelDeassertIsIgnored() {
        ipi(1, 0x8500);
        assertFalse(fixture.apic(1).initPending());
    }

    @Test
    void sendingAVectorBelow16IsAnErrorAndReachesNobody() {
        ipi(1, 0x400f);
        assertEquals(List.of(), holders(0x0f));
        fixture.apic(0).writePage(ApicRegister.ESR, 4, 0);
        assertEquals(ErrorStatus.SEND_ILLEGAL_VECTOR, fixture.apic(0).readPage(ApicRegister.ESR, 4));
    }

    @Test
    void anApicThatIsOffIsNotReached() {
        assertTrue(fixture.apic(1).setBase(0xfee0_0000L, 0));
        ipi(0xff, 0x4040);
        assertEquals(List.of(0, 2, 3), holders(0x40));
    }
}
