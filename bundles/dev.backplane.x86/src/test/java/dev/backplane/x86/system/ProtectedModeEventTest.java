package dev.backplane.x86.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.x86.interp.Stop;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;
import org.junit.jupiter.api.Test;

/** SDM 3A, 6.5 to 6.8 and 7.12: segment checks and events in protected mode, events in real mode (22.1.4). */
class ProtectedModeEventTest {
    private static final long CODE = Guest.CODE;
    private static final int SLOT = Guest.FREE;
    private final Guest guest = new Guest().protected32();

    /** mov ds, cx with a selector. */
    private Guest loadDs(int selector) {
        guest.cpu.r[Gpr.RCX] = selector;
        return guest.run("8ed9 f4");
    }

    @Test
    void dataSegmentLoadsFaultWithTheirSelector() {
        loadDs(0x100).expect(Vector.GP, 0x100, CODE);
        loadDs(Guest.TSS_SELECTOR).expect(Vector.GP, Guest.TSS_SELECTOR, CODE);
        guest.descriptor(SLOT, Guest.segment(0, 0xfffff, 0x98, 0xc));
        loadDs(SLOT).expect(Vector.GP, SLOT, CODE);
        guest.descriptor(SLOT, Guest.segment(0, 0xfffff, 0x12, 0xc));
        loadDs(SLOT).expect(Vector.NP, SLOT, CODE);
        loadDs(SLOT | 4).expect(Vector.GP, SLOT | 4, CODE);
        loadDs(Guest.DATA | 1).expect(Vector.GP, Guest.DATA, CODE);
        loadDs(Guest.USER_DATA);
        assertEquals(CODE + 3, guest.cpu.rip);
    }

    @Test
    void aLoadedSegmentIsMarkedAccessed() {
        guest.descriptor(SLOT, Guest.segment(0x1234, 0xff, 0x92, 4));
        loadDs(SLOT);
        assertEquals(0x93, guest.get64(Guest.GDT + SLOT) >>> 40 & 0xff);
        assertEquals(0x1234, guest.cpu.segmentBase[Seg.DS]);
        assertEquals(0xff, guest.cpu.segmentLimit[Seg.DS]);
    }

    @Test
    void ring3CannotLoadARing0Segment() {
        guest.cpu.r[Gpr.RCX] = Guest.DATA;
        guest.user().run("8ed9").expect(Vector.GP, Guest.DATA, CODE);
    }

    @Test
    void aNullSegmentFaultsWhenUsed() {
        loadDs(0);
        guest.run("a100900000").expect(Vector.GP, 0, CODE);
    }

    @Test
    void stackSegmentLoadsCheckPrivilegeAndPresence() {
        int[][] cases = {
            {0, Vector.GP, 0},
            {Guest.USER_DATA, Vector.GP, Guest.USER_DATA & ~3},
            {Guest.CODE32, Vector.GP, Guest.CODE32},
            {SLOT, Vector.SS, SLOT}
        };
        guest.descriptor(SLOT, Guest.FLAT_DATA & ~Guest.PRESENT);
        for (int[] one : cases) {
            guest.cpu.r[Gpr.RCX] = one[0];
            guest.run("8ed1 f4").expect(one[1], one[2], CODE);
        }
    }

    @Test
    void limitViolationIsGpOnDataAndSsOnTheStack() {
        guest.descriptor(SLOT, Guest.segment(0, 0xfff, 0x92, 4));
        loadDs(SLOT);
        guest.run("a1fd0f0000").expect(Vector.GP, 0, CODE);
        guest.run("a1fc0f0000 f4");
        assertEquals(CODE + 6, guest.cpu.rip);
    }

    @Test
    void eventFromRing3TakesTheStackOfTheTss() {
        guest.user().run("0f0b").expect(Vector.UD);
        assertEquals(Guest.STACK0 - 20, guest.cpu.r[Gpr.RSP]);
        assertEquals(Guest.DATA, guest.cpu.selector[Seg.SS]);
        assertEquals(Guest.USER_CODE32, guest.frame(1));
        assertEquals(Guest.STACK3, guest.frame(3));
        assertEquals(Guest.USER_DATA, guest.frame(4));
    }

    @Test
    void aBadStackInTheTssIsTsWithItsSelectorAndExt() {
        guest.put64(Guest.IDT + Vector.TS * 8, Guest.gate(Guest.CODE32, Guest.HANDLERS + Vector.TS * 16, 0x8e, 0));
        guest.put32(Guest.TSS + 8, Guest.USER_DATA);
        // The #TS meets the same stack: a double fault, and that one too: shutdown.
        assertEquals(Stop.SHUTDOWN, guest.user().runToStop("0f0b"));
        assertEquals(Vector.TS, guest.cpu.faultVector);
        assertEquals(Guest.USER_DATA & ~3, guest.cpu.faultError);
    }

    @Test
    void a16BitGatePushesWords() {
        guest.put64(Guest.IDT + 0x42 * 8, Guest.gate(Guest.CODE32, Guest.HANDLERS + 0x420, 0x86, 0));
        long pointer = guest.cpu.r[Gpr.RSP];
        guest.run("cd42").expect(0x42);
        assertEquals(pointer - 6, guest.cpu.r[Gpr.RSP]);
        assertEquals(CODE + 2, guest.get16(pointer - 6));
    }

    @Test
    void intoTrapsOnlyWithOverflow() {
        guest.run("b0 7f 04 01 ce f4").expect(Vector.OF);
        assertEquals(CODE + 5, guest.frame(0));
        guest.run("30c0 ce f4");
        assertEquals(CODE + 4, guest.cpu.rip);
    }

    @Test
    void portsAreGuardedByIoplAndTheBitmapOfTheTss() {
        guest.user().run("e460").expect(Vector.GP, 0, CODE);
        guest.cpu.segmentLimit[Seg.TR] = 0x67 + 0x20;
        guest.put16(Guest.TSS + 102, 0x68).put32(Guest.TSS + 0x68 + 0xc, -2L);
        guest.user().run("e460 0f0b").expect(Vector.UD);
        guest.user().run("e560").expect(Vector.GP, 0, CODE);
        guest.user();
        guest.cpu.systemFlags |= Bits.IOPL;
        guest.run("e561 0f0b").expect(Vector.UD);
    }

    @Test
    void realModeEventPushesThreeWordsAndNoErrorCode() {
        Guest real = new Guest().real();
        real.cpu.r[Gpr.RSP] = Guest.STACK0;
        real.run("0f0b").expect(Vector.UD);
        assertEquals(Guest.STACK0 - 6, real.cpu.r[Gpr.RSP]);
        assertEquals(CODE, real.frame(0));
        real.run("cd21").expect(0x21);
        assertEquals(CODE + 2, real.frame(0));
    }

    @Test
    void realModeWithoutAnInterruptTableShutsDown() {
        Guest real = new Guest().real();
        real.cpu.idtLimit = 0;
        assertEquals(Stop.SHUTDOWN, real.runToStop("cd21"));
    }
}
