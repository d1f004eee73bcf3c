package dev.backplane.x86.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;
import org.junit.jupiter.api.Test;

/** LAR, LSL, VERR, VERW, ARPL, and the loads and stores of table registers (SDM 2A, 2B). */
class DescriptorQueryTest {
    private static final long CODE = Guest.CODE;
    private static final int SLOT = Guest.FREE;
    private final Guest guest = new Guest().protected32();

    private boolean zero(String hex, int selector) {
        guest.cpu.r[Gpr.RCX] = selector;
        guest.run(hex + "f4");
        return guest.cpu.zf();
    }

    @Test
    void larGivesTheAttributesOfWhatIsVisible() {
        assertTrue(zero("0f02c1", Guest.DATA));
        assertEquals(0x00cf9200 & 0xf0ff00, guest.cpu.r[Gpr.RAX]);
        assertTrue(zero("0f02c1", Guest.TSS_SELECTOR));
        assertTrue(!zero("0f02c1", 0));
        assertTrue(!zero("0f02c1", 0x100));
        guest.descriptor(SLOT, Guest.gate(Guest.CODE32, 0, 0x8e, 0));
        assertTrue(!zero("0f02c1", SLOT), "an interrupt gate is not for LAR");
    }

    @Test
    void lslGivesTheLimitInBytesAndNoneForGates() {
        assertTrue(zero("0f03c1", Guest.DATA));
        assertEquals(0xffff_ffffL, guest.cpu.r[Gpr.RAX]);
        assertTrue(zero("0f03c1", Guest.TSS_SELECTOR));
        assertEquals(0x67, guest.cpu.r[Gpr.RAX]);
        guest.descriptor(SLOT, Guest.gate(Guest.CODE32, 0, 0x8c, 0));
        assertTrue(!zero("0f03c1", SLOT));
        assertTrue(zero("0f02c1", SLOT), "LAR knows call gates");
    }

    @Test
    void verifyTellsReadableFromWritableByPrivilege() {
        assertTrue(zero("0f00e1", Guest.CODE32));
        assertTrue(!zero("0f00e9", Guest.CODE32));
        assertTrue(zero("0f00e9", Guest.DATA));
        assertTrue(!zero("0f00e9", Guest.DATA | 3));
        assertTrue(zero("0f00e9", Guest.USER_DATA));
    }

    @Test
    void arplRaisesTheRequestedPrivilege() {
        guest.cpu.r[Gpr.RAX] = 0x10;
        assertTrue(zero("63c8", 0x0b));
        assertEquals(0x13, guest.cpu.r[Gpr.RAX]);
        assertTrue(!zero("63c8", 0x0a));
    }

    @Test
    void queriesAreUndefinedInRealMode() {
        Guest real = new Guest().real();
        real.run("0f02c1").expect(Vector.UD);
        real.run("0f00e1").expect(Vector.UD);
        real.run("0f00c0").expect(Vector.UD);
    }

    @Test
    void tableRegistersGoOutAndIn() {
        guest.run("0f0105 00a00000 f4");
        assertEquals(0xff, guest.get16(0xa000));
        assertEquals(Guest.GDT, guest.get32(0xa002));
        guest.put16(0xa010, 0x123).put32(0xa012, 0xfe_dcba98L);
        guest.run("0f011d 10a00000 f4");
        assertEquals(0x123, guest.cpu.idtLimit);
        assertEquals(0xfedcba98L & 0xff_ffffffL, guest.cpu.idtBase);
    }

    @Test
    void lidtInLongModeTakes64BitsAndRefusesWhatIsNotCanonical() {
        Guest wide = new Guest().long64();
        wide.put16(0xa000, 0xfff).put64(0xa002, 0xffff_8000_0000_2000L);
        wide.run("0f011c25 00a00000 f4");
        assertEquals(0xffff_8000_0000_2000L, wide.cpu.idtBase);
        wide.cpu.idtBase = Guest.IDT;
        wide.put64(0xa002, 1L << 47);
        wide.run("0f011c25 00a00000").expect(Vector.GP, 0, CODE);
    }

    @Test
    void umipKeepsTheTablesFromRing3() {
        Guest wide = new Guest().long64();
        wide.user().run("0f010c25 00a00000 0f0b").expect(Vector.UD);
        wide.cpu.cr4 |= Bits.CR4_UMIP;
        wide.user().run("0f010c25 00a00000").expect(Vector.GP, 0, CODE);
        wide.user().run("0f00c0").expect(Vector.GP, 0, CODE);
        wide.user().run("0f01e0").expect(Vector.GP, 0, CODE);
    }

    @Test
    void ltrMarksTheTssBusyAndRefusesABusyOne() {
        guest.descriptor(SLOT, Guest.segment(Guest.TSS, 0x67, 0x89, 0));
        guest.cpu.r[Gpr.RCX] = SLOT;
        guest.run("0f00d9 f4");
        assertEquals(SLOT, guest.cpu.selector[Seg.TR]);
        assertEquals(0x8b, guest.get64(Guest.GDT + SLOT) >>> 40 & 0xff);
        guest.run("0f00d9").expect(Vector.GP, SLOT, CODE);
    }

    @Test
    void ltrAndLldtInLongModeRead16ByteDescriptors() {
        Guest wide = new Guest().long64();
        wide.put64(Guest.GDT + SLOT, Guest.segment(0x1234_5678L, 0x67, 0x89, 0))
                .put64(Guest.GDT + SLOT + 8, 0xffff_8000L);
        wide.cpu.r[Gpr.RCX] = SLOT;
        wide.run("0f00d9 f4");
        assertEquals(0xffff_8000_1234_5678L, wide.cpu.segmentBase[Seg.TR]);
        wide.put64(Guest.GDT + SLOT, Guest.segment(0xc000, 0xff, 0x82, 0)).put64(Guest.GDT + SLOT + 8, 0);
        wide.run("0f00d1 f4");
        assertEquals(0xc000, wide.cpu.segmentBase[Seg.LDTR]);
        wide.put64(0xc008, Guest.FLAT_DATA);
        wide.cpu.r[Gpr.RCX] = 0x0c;
        wide.run("8ee1 f4");
        assertEquals(0x0c, wide.cpu.selector[Seg.FS]);
        wide.cpu.r[Gpr.RCX] = 0;
        wide.run("0f00d1 f4");
        wide.cpu.r[Gpr.RCX] = 0x0c;
        wide.run("8ee1").expect(Vector.GP, 0x0c, CODE);
    }

    @Test
    void farPointersLoadRegisterAndSegment() {
        guest.put32(0xa000, 0x12345678).put16(0xa004, Guest.USER_DATA);
        guest.run("0fb405 00a00000 f4");
        assertEquals(0x12345678, guest.cpu.r[Gpr.RAX]);
        assertEquals(Guest.USER_DATA, guest.cpu.selector[Seg.FS]);
        guest.put16(0xa004, Guest.CODE32 | 3);
        guest.cpu.r[Gpr.RAX] = 1;
        guest.run("c505 00a00000").expect(Vector.GP, Guest.CODE32, CODE);
        assertEquals(1, guest.cpu.r[Gpr.RAX]);
    }

    @Test
    void pushAndPopOfSegments() {
        guest.run("1e 07 0fa0 0fa9 f4");
        assertEquals(Guest.DATA, guest.cpu.selector[Seg.ES]);
        assertEquals(Guest.DATA, guest.cpu.selector[Seg.GS]);
        assertEquals(Guest.STACK0 - 0x100, guest.cpu.r[Gpr.RSP]);
    }
}
