package dev.backplane.machine.pc.internal.chip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Section numbers are those of the 8259A data sheet, Intel 231468. */
class PicPairTest {
    private static final int EOI = 0x20;

    private final PicPair pics = new PicPair();

    PicPairTest() {
        initialize(0x01, 0x01);
    }

    private void initialize(int masterIcw4, int slaveIcw4) {
        pics.writeMaster(0, 0x11);
        pics.writeMaster(1, 0x20);
        pics.writeMaster(1, 0x04);
        pics.writeMaster(1, masterIcw4);
        pics.writeSlave(0, 0x11);
        pics.writeSlave(1, 0x28);
        pics.writeSlave(1, 0x02);
        pics.writeSlave(1, slaveIcw4);
    }

    private void pulse(int irq) {
        pics.input(irq, true);
        pics.input(irq, false);
    }

    private int masterIsr() {
        pics.writeMaster(0, 0x0b);
        return pics.readMaster(0);
    }

    private int masterIrr() {
        pics.writeMaster(0, 0x0a);
        return pics.readMaster(0);
    }

    private int slaveIsr() {
        pics.writeSlave(0, 0x0b);
        return pics.readSlave(0);
    }

    @Nested
    class InterruptSequence {
        @Test
        void aRequestOnTheMasterGivesItsVectorAndGoesIntoService() {
            pulse(1);
            assertEquals(0x02, masterIrr());
            assertTrue(pics.interrupt());
            assertEquals(0x21, pics.acknowledge());
            assertFalse(pics.interrupt());
            assertEquals(0x02, masterIsr());
            assertEquals(0, masterIrr());
        }

        @Test
        void aRequestOnTheSlaveGivesTheSlavesVectorAndIsInServiceOnBoth() {
            pulse(12);
            assertEquals(0x2c, pics.acknowledge());
            assertEquals(0x10, slaveIsr());
            assertEquals(0x04, masterIsr());
        }

        @Test
        void aRequestThatIsMaskedBeforeItsAcknowledgeBecomesInterrupt7WithoutService() {
            pics.input(3, true);
            pics.writeMaster(1, 0x08);
            assertFalse(pics.interrupt());
            assertEquals(0x27, pics.acknowledge());
            assertEquals(0, masterIsr());
        }

        @Test
        void aRequestThatTheSlaveLosesBeforeItsAcknowledgeBecomesInterrupt15WithTheCascadeInService() {
            pics.input(12, true);
            pics.writeSlave(1, 0x10);
            assertTrue(pics.interrupt(), "the master has latched the cascade's edge");
            assertEquals(0x2f, pics.acknowledge());
            assertEquals(0, slaveIsr());
            assertEquals(0x04, masterIsr());
        }

        @Test
        void aMaskedRequestWaitsForItsMaskToBeLifted() {
            pics.writeMaster(1, 0xff);
            pulse(4);
            assertFalse(pics.interrupt());
            assertEquals(0xff, pics.readMaster(1));
            pics.writeMaster(1, 0xef);
            assertEquals(0x24, pics.acknowledge());
        }
    }

    @Nested
    class FullyNestedMode {
        @Test
        void theLowestNumberIsServedFirst() {
            pulse(6);
            pulse(3);
            assertEquals(0x23, pics.acknowledge());
        }

        @Test
        void whatIsInServiceHoldsBackEqualAndLowerPriorityOnly() {
            pulse(4);
            pics.acknowledge();
            pulse(4);
            pulse(6);
            assertFalse(pics.interrupt());
            pulse(1);
            assertEquals(0x21, pics.acknowledge());
            assertEquals(0x12, masterIsr());
        }

        @Test
        void aNonSpecificEndEndsTheHighestPriorityInService() {
            pulse(4);
            pics.acknowledge();
            pulse(1);
            pics.acknowledge();
            pics.writeMaster(0, EOI);
            assertEquals(0x10, masterIsr());
            pics.writeMaster(0, EOI);
            assertEquals(0, masterIsr());
        }

        @Test
        void aSpecificEndEndsTheLevelItNames() {
            pulse(4);
            pics.acknowledge();
            pulse(1);
            pics.acknowledge();
            pics.writeMaster(0, 0x64);
            assertEquals(0x02, masterIsr());
        }

        @Test
        void theSlavesNextRequestFollowsTheEndOfTheFirst() {
            pulse(12);
            pulse(14);
            assertEquals(0x2c, pics.acknowledge());
            pics.writeSlave(0, EOI);
            pics.writeMaster(0, EOI);
            assertTrue(pics.interrupt());
            assertEquals(0x2e, pics.acknowledge());
        }

        @Test
        void aHigherRequestOfTheSlaveWaitsForTheMastersEnd() {
            pulse(14);
            pics.acknowledge();
            pulse(12);
            assertFalse(pics.interrupt());
            pics.writeMaster(0, EOI);
            assertEquals(0x2c, pics.acknowledge());
        }

        @Test
        void inSpecialFullyNestedModeItInterruptsAtOnce() {
            initialize(0x11, 0x01);
            pulse(14);
            pics.acknowledge();
            pulse(12);
            assertTrue(pics.interrupt());
            assertEquals(0x2c, pics.acknowledge());
        }
    }

    @Nested
    class Rotation {
        @Test
        void rotationOnANonSpecificEndMakesTheServedLevelTheLowest() {
            pulse(3);
            pics.acknowledge();
            pics.writeMaster(0, 0xa0);
            pulse(3);
            pulse(6);
            assertEquals(0x26, pics.acknowledge());
        }

        @Test
        void rotationOnASpecificEndMakesTheNamedLevelTheLowest() {
            pulse(3);
            pics.acknowledge();
            pics.writeMaster(0, 0xe3);
            assertEquals(0, masterIsr());
            pulse(0);
            pulse(4);
            assertEquals(0x24, pics.acknowledge());
        }

        @Test
        void theSetPriorityCommandChangesPrioritiesWithoutAnEnd() {
            pics.writeMaster(0, 0xc5);
            pulse(0);
            pulse(6);
            assertEquals(0x26, pics.acknowledge());
            assertEquals(0x40, masterIsr());
        }

        @Test
        void automaticEndLeavesNothingInService() {
            initialize(0x03, 0x01);
            pulse(3);
            assertEquals(0x23, pics.acknowledge());
            assertEquals(0, masterIsr());
        }

        @Test
        void rotationInAutomaticModeTakesEveryLevelInTurnUntilItIsCleared() {
            initialize(0x03, 0x01);
            pics.writeMaster(0, 0x80);
            pulse(3);
            pics.acknowledge();
            pulse(3);
            pulse(5);
            assertEquals(0x25, pics.acknowledge());
            pics.writeMaster(0, 0x00);
            pics.writeMaster(0, 0xc7);
            pics.acknowledge();
            pulse(3);
            pulse(5);
            assertEquals(0x23, pics.acknowledge());
        }
    }

    @Nested
    class SpecialMaskMode {
        @Test
        void aMaskedLevelInServiceLetsLowerPrioritiesThrough() {
            pulse(2 + 1);
            pics.acknowledge();
            pulse(6);
            assertFalse(pics.interrupt());
            pics.writeMaster(1, 0x08);
            pics.writeMaster(0, 0x68);
            assertTrue(pics.interrupt());
            assertEquals(0x26, pics.acknowledge());
        }

        @Test
        void aNonSpecificEndSparesTheMaskedLevel() {
            pulse(3);
            pics.acknowledge();
            pics.writeMaster(1, 0x08);
            pics.writeMaster(0, 0x68);
            pulse(6);
            pics.acknowledge();
            pics.writeMaster(0, EOI);
            assertEquals(0x08, masterIsr());
            pics.writeMaster(0, 0x48);
            pics.writeMaster(0, EOI);
            assertEquals(0, masterIsr());
        }
    }

    @Nested
    class PollCommand {
        @Test
        void aPollReadsTheRequestAndPutsItIntoService() {
            pulse(5);
            pics.writeMaster(0, 0x0c);
            assertEquals(0x85, pics.readMaster(0));
            assertEquals(0x20, masterIsr());
        }

        @Test
        void aPollWithoutRequestReadsZeroAndTheNextReadIsOrdinary() {
            pics.writeMaster(0, 0x0c);
            assertEquals(0, pics.readMaster(0));
            pulse(5);
            assertEquals(0x20, masterIrr());
        }

        @Test
        void theSlaveIsPolledByItself() {
            pulse(9);
            pics.writeSlave(0, 0x0c);
            assertEquals(0x81, pics.readSlave(0));
            assertEquals(0x02, slaveIsr());
        }
    }

    @Nested
    class Triggering {
        @Test
        void anEdgeCountsOnceHoweverLongTheInputStaysUp() {
            pics.input(5, true);
            pics.acknowledge();
            pics.writeMaster(0, EOI);
            assertFalse(pics.interrupt());
            pics.input(5, false);
            pics.input(5, true);
            assertTrue(pics.interrupt());
        }

        @Test
        void aLevelInterruptsAgainAfterItsEndWhileItIsUp() {
            pics.writeEdgeLevelControl(1, 0x02);
            pics.input(9, true);
            assertEquals(0x29, pics.acknowledge());
            pics.writeSlave(0, EOI);
            pics.writeMaster(0, EOI);
            assertTrue(pics.interrupt());
            pics.input(9, false);
            assertEquals(0x2f, pics.acknowledge(), "the level has gone");
        }

        @Test
        void onlySomeInputsCanBeLevelTriggered() {
            pics.writeEdgeLevelControl(0, 0xff);
            pics.writeEdgeLevelControl(1, 0xff);
            assertEquals(0xf8, pics.readEdgeLevelControl(0));
            assertEquals(0xde, pics.readEdgeLevelControl(1));
        }

        @Test
        void initializationForgetsEdgesAndWantsNewOnes() {
            pics.input(5, true);
            initialize(0x01, 0x01);
            assertFalse(pics.interrupt());
            assertEquals(0, masterIrr());
            pics.input(5, false);
            pics.input(5, true);
            assertTrue(pics.interrupt());
        }
    }

    @Nested
    class Initialization {
        @Test
        void nothingInterruptsUntilTheSequenceIsComplete() {
            pics.writeMaster(0, 0x11);
            pulse(1);
            pics.writeMaster(1, 0x40);
            pics.writeMaster(1, 0x04);
            assertFalse(pics.interrupt());
            pics.writeMaster(1, 0x01);
            assertEquals(0x41, pics.acknowledge());
        }

        @Test
        void withoutIcw4ItsFunctionsAreOff() {
            initialize(0x03, 0x01);
            pics.writeMaster(0, 0x10);
            pics.writeMaster(1, 0x20);
            pics.writeMaster(1, 0x04);
            pulse(3);
            pics.acknowledge();
            assertEquals(0x08, masterIsr(), "no automatic end");
        }

        @Test
        void aSingleChipTakesNoIcw3() {
            pics.writeMaster(0, 0x13);
            pics.writeMaster(1, 0x30);
            pics.writeMaster(1, 0x01);
            pics.writeMaster(1, 0xfe);
            assertEquals(0xfe, pics.readMaster(1));
        }

        @Test
        void itClearsTheMaskAndSelectsIrr() {
            pics.writeMaster(1, 0xaa);
            pics.writeMaster(0, 0x0b);
            initialize(0x01, 0x01);
            assertEquals(0, pics.readMaster(1));
            pulse(6);
            assertEquals(0x40, pics.readMaster(0));
        }

        @Test
        void afterPowerOnTheMaskCanBeWrittenAndReadWithoutAnyInitialization() {
            pics.reset();
            pics.writeMaster(1, 0xfb);
            assertEquals(0xfb, pics.readMaster(1));
        }
    }

    @Test
    void aRestoredPairGoesOnWhereTheSavedOneWas() {
        pulse(4);
        pics.acknowledge();
        pulse(12);
        pics.writeMaster(1, 0x40);
        PicPair other = new PicPair();
        other.restore(pics.save());
        assertEquals(pics.save(), other.save());
        assertTrue(other.interrupt());
        assertEquals(0x2c, other.acknowledge());
    }
}
