package dev.backplane.x86.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;
import org.junit.jupiter.api.Test;

/** IRET and RETF (SDM 2A "IRET", 2B "RET"): what they load, and their faults with error codes. */
class ReturnTest {
    private static final long CODE = Guest.CODE;
    private static final long TARGET = 0x9000;

    private void frame64(Guest guest, long... values) {
        long at = guest.cpu.r[Gpr.RSP] - 8L * values.length;
        guest.cpu.r[Gpr.RSP] = at;
        for (int i = 0; i < values.length; i++) {
            guest.put64(at + 8L * i, values[i]);
        }
    }

    private void frame32(Guest guest, long... values) {
        long at = guest.cpu.r[Gpr.RSP] - 4L * values.length;
        guest.cpu.r[Gpr.RSP] = at;
        for (int i = 0; i < values.length; i++) {
            guest.put32(at + 4L * i, values[i]);
        }
    }

    @Test
    void iretqToRing3LoadsEverythingAndFlagsOfRing0() {
        Guest guest = new Guest().long64();
        frame64(guest, TARGET, Guest.USER_CODE64, Bits.IF | Bits.IOPL | Bits.CF | 2, 0x7700, Guest.USER_DATA);
        guest.put(TARGET, "cd80");
        guest.put64(Guest.IDT + 0x800, Guest.gate(Guest.CODE64, Guest.HANDLERS + 0x800, 0xee, 0));
        guest.run("48cf").expect(0x80);
        assertEquals(TARGET + 2, guest.frame(0));
        assertEquals(Guest.USER_CODE64, guest.frame(1));
        assertEquals(Bits.IF | Bits.IOPL | Bits.CF | 2, guest.frame(2));
        assertEquals(0x7700, guest.frame(3));
    }

    @Test
    void iretqToTheSameRingPopsTheStackToo() {
        Guest guest = new Guest().long64();
        frame64(guest, TARGET, Guest.CODE64, 2, 0x6800, 0);
        guest.put(TARGET, "f4");
        guest.run("48cf");
        assertEquals(TARGET + 1, guest.cpu.rip);
        assertEquals(0x6800, guest.cpu.r[Gpr.RSP]);
        assertEquals(0, guest.cpu.selector[Seg.SS], "a null SS is allowed in ring 0");
    }

    @Test
    void iretqToCompatibilityModeTruncatesTheStack() {
        Guest guest = new Guest().long64();
        frame64(guest, TARGET, Guest.USER_CODE32, 2, 0x7700, Guest.USER_DATA);
        guest.put(TARGET, "cd80");
        guest.put64(Guest.IDT + 0x800, Guest.gate(Guest.CODE64, Guest.HANDLERS + 0x800, 0xee, 0));
        guest.run("48cf").expect(0x80);
        assertEquals(Guest.USER_CODE32, guest.frame(1));
    }

    @Test
    void iretFaultsNameTheSelector() {
        Guest guest = new Guest().long64();
        long[][] cases = {
            {Vector.GP, 0, 0, Guest.USER_DATA},
            {Vector.GP, 0xf8, 0xf8, 0},
            {Vector.GP, 0x100, 0x103, Guest.USER_DATA},
            {Vector.GP, Guest.DATA, Guest.DATA, 0},
            {Vector.GP, Guest.USER_CODE64 & ~3, Guest.USER_CODE64 & ~3, 0},
            {Vector.GP, Guest.DATA, Guest.USER_CODE64, Guest.DATA},
            {Vector.GP, 0, Guest.USER_CODE64, 0},
            {Vector.NP, Guest.FREE, Guest.FREE, 0},
            {Vector.SS, Guest.FREE + 8, Guest.USER_CODE64, Guest.FREE + 8 + 3}
        };
        guest.descriptor(Guest.FREE, Guest.FLAT_CODE64 & ~Guest.PRESENT);
        guest.descriptor(Guest.FREE + 8, (Guest.FLAT_DATA | Guest.DPL3) & ~Guest.PRESENT);
        for (long[] one : cases) {
            guest.cpu.r[Gpr.RSP] = 0x6800;
            frame64(guest, TARGET, one[2], 2, 0x7700, one[3]);
            long pointer = guest.cpu.r[Gpr.RSP];
            guest.run("48cf").expect((int) one[0], (int) one[1], CODE);
            assertEquals(pointer, guest.frame(4), "the stack pointer is as before");
        }
    }

    @Test
    void iretToAnAddressThatIsNotCanonicalIsGpInTheKernel() {
        Guest guest = new Guest().long64();
        frame64(guest, 1L << 60, Guest.USER_CODE64, 2, 0x7700, Guest.USER_DATA);
        guest.run("48cf").expect(Vector.GP, 0, CODE);
    }

    @Test
    void iretWithNtInLongModeIsGp() {
        Guest guest = new Guest().long64();
        guest.cpu.systemFlags |= Bits.NT;
        guest.run("48cf").expect(Vector.GP, 0, CODE);
    }

    @Test
    void ring3CannotChangeIfOrIopl() {
        Guest guest = new Guest().protected32().user();
        frame32(guest, TARGET, Guest.USER_CODE32, Bits.IF | Bits.IOPL | Bits.CF | 2);
        guest.put(TARGET, "0f0b");
        guest.run("cf").expect(Vector.UD);
        assertEquals(Bits.CF | 2, guest.frame(2) & ~Bits.RF);
    }

    @Test
    void iretdToRing3DropsPrivilegedDataSegments() {
        Guest guest = new Guest().protected32();
        frame32(guest, TARGET, Guest.USER_CODE32, 2, 0x7700, Guest.USER_DATA);
        SegmentLoader.set(guest.cpu, Seg.FS, Guest.USER_DATA, Guest.FLAT_DATA | Guest.DPL3);
        guest.put(TARGET, "0f0b");
        guest.run("cf").expect(Vector.UD);
        assertEquals(0, guest.cpu.selector[Seg.ES]);
        assertTrue((guest.cpu.segmentAttributes[Seg.DS] & Seg.UNUSABLE) != 0);
        assertEquals(Guest.USER_DATA, guest.cpu.selector[Seg.FS]);
        assertEquals(Guest.STACK0 - 20, guest.cpu.r[Gpr.RSP]);
        assertEquals(0x7700, guest.frame(3));
    }

    @Test
    void iretdToVirtual8086ModeAndBackByAnInterrupt() {
        Guest guest = new Guest().protected32();
        frame32(guest, 0x20, 0x800, Bits.VM | Bits.IOPL | 2, 0x30, 0x700, 0x11, 0x12, 0x13, 0x14);
        // mov ax, ds; int 0x42
        guest.put(0x8020, "8cd8 cd42");
        guest.put64(Guest.IDT + 0x42 * 8, Guest.gate(Guest.CODE32, Guest.HANDLERS + 0x420, 0xee, 0));
        guest.run("cf").expect(0x42);
        assertEquals(0x12, guest.cpu.r[Gpr.RAX] & 0xffff);
        assertEquals(0x24, guest.frame(0));
        assertEquals(0x800, guest.frame(1));
        assertEquals(Bits.VM | Bits.IOPL | 2, guest.frame(2));
        assertEquals(0x30, guest.frame(3));
        assertEquals(0x700, guest.frame(4));
        assertEquals(0x11, guest.frame(5));
        assertEquals(0x12, guest.frame(6));
        assertEquals(0x13, guest.frame(7));
        assertEquals(0x14, guest.frame(8));
        assertFalse(guest.cpu.virtual8086());
        assertEquals(0, guest.cpu.selector[Seg.GS]);
    }

    @Test
    void softwareInterruptInVirtual8086ModeNeedsIopl3() {
        Guest guest = new Guest().protected32();
        frame32(guest, 0x20, 0x800, Bits.VM | 2, 0x30, 0x700, 0, 0, 0, 0);
        guest.put(0x8020, "cd42");
        guest.run("cf").expect(Vector.GP, 0, 0x20);
    }

    @Test
    void farReturnToRing3ReleasesParametersOnBothStacks() {
        Guest guest = new Guest().protected32();
        frame32(guest, TARGET, Guest.USER_CODE32, 0x1111, 0x2222, 0x7700, Guest.USER_DATA);
        guest.put(TARGET, "0f0b");
        guest.run("ca0800").expect(Vector.UD);
        assertEquals(0x7708, guest.frame(3));
        assertEquals(TARGET, guest.frame(0));
    }

    @Test
    void farReturnWithinTheRingKeepsTheStackSegment() {
        Guest guest = new Guest().long64();
        frame64(guest, TARGET, Guest.CODE64);
        guest.put(TARGET, "f4");
        long pointer = guest.cpu.r[Gpr.RSP];
        guest.run("48cb");
        assertEquals(TARGET + 1, guest.cpu.rip);
        assertEquals(pointer + 16, guest.cpu.r[Gpr.RSP]);
    }

    @Test
    void realModeIretLoads16BitFlags() {
        Guest guest = new Guest().real();
        guest.cpu.r[Gpr.RSP] = 0x6ff0;
        guest.put16(0x6ff0, 0x10).put16(0x6ff2, 0x900).put16(0x6ff4, Bits.IF | Bits.CF | 2);
        guest.put(0x9010, "f4");
        guest.run("cf");
        assertEquals(0x900, guest.cpu.selector[Seg.CS]);
        assertEquals(0x11, guest.cpu.rip);
        assertEquals(Bits.IF | Bits.CF | 2, guest.cpu.flags());
    }
}
