package dev.backplane.x86.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;
import org.junit.jupiter.api.Test;

/** SDM 3A, 11.8.5 and 11.9: the ways between real, protected and long mode, and what CR0, CR3, CR4 and EFER refuse. */
class ModeSwitchTest {
    private static final long CODE = Guest.CODE;

    @Test
    void realToProtectedToLongModeAndBack() {
        Guest guest = new Guest().protected32().paging().real();
        guest.cpu.cr0 = Bits.CR0_ET;
        for (int segment = Seg.ES; segment <= Seg.GS; segment++) {
            guest.cpu.segmentLimit[segment] = 0xffff;
            guest.cpu.segmentAttributes[segment] = segment == Seg.CS ? 0x9b : 0x93;
        }
        guest.cpu.modeChanged();
        // A GDT pointer, a 16-bit code segment for the way back.
        guest.put16(0xa000, 0xff).put32(0xa002, Guest.GDT);
        guest.descriptor(Guest.FREE, Guest.segment(0, 0xffff, 0x9a, 0));
        guest.put(
                CODE,
                "0f0116 00a0" // lgdt [0xa000]
                        + "0f20c0 0c01 0f22c0" // mov eax, cr0; or al, 1; mov cr0, eax
                        + "66 ea 00900000 0800"); // jmp 0x08:0x9000
        guest.put(
                0x9000,
                "0f20e0 83c820 0f22e0" // cr4 |= PAE
                        + "b8 00000100 0f22d8" // cr3 = tables
                        + "b9 800000c0 0f32 0d00010000 0f30" // EFER.LME
                        + "0f20c0 0d00000080 0f22c0" // cr0 |= PG
                        + "ea 00930000 2800"); // jmp 0x28:0x9300
        guest.put(
                0x9300,
                "48 b8 8877665544332211" // mov rax, imm64
                        + "49 89 c7" // mov r15, rax
                        + "ff2c25 00a10000"); // jmp far [0xa100]
        guest.put32(0xa100, 0x9400).put16(0xa104, Guest.CODE32);
        guest.put(
                0x9400,
                "0f20c0 25ffffff7f 0f22c0" // cr0 &= ~PG
                        + "b9 800000c0 0f32 25fffeffff 0f30" // EFER.LME off
                        + "ea 00950000 4800"); // jmp 0x48:0x9500, 16 bits
        guest.put(
                0x9500,
                "0f20c0 24fe 0f22c0" // cr0 &= ~PE
                        + "ea 0097 0000" // jmp 0:0x9700
                );
        guest.put(0x9700, "31db 8edb f4"); // xor bx, bx; mov ds, bx; hlt
        guest.cpu.rip = CODE;
        guest.run();
        assertEquals(0x9705, guest.cpu.rip);
        assertEquals(0x1122334455667788L, guest.cpu.r[Gpr.R15]);
        assertEquals(0, guest.cpu.efer);
        assertEquals(Cpu.CODE16, guest.cpu.mode & Cpu.CODE_SIZE);
        assertEquals(0, guest.cpu.cr0 & (Bits.CR0_PE | Bits.CR0_PG));
    }

    private static Guest setCr0(Guest guest, long value) {
        guest.cpu.r[Gpr.RAX] = value;
        return guest.run("0f22c0 f4");
    }

    private static Guest setCr4(Guest guest, long value) {
        guest.cpu.r[Gpr.RAX] = value;
        return guest.run("0f22e0 f4");
    }

    @Test
    void cr0RefusesInconsistentValues() {
        Guest guest = new Guest().protected32();
        setCr0(guest, Bits.CR0_PG).expect(Vector.GP, 0, CODE);
        setCr0(guest, Bits.CR0_PE | Bits.CR0_NW).expect(Vector.GP, 0, CODE);
        Guest wide = new Guest().long64();
        setCr0(wide, 1L << 32 | wide.cpu.cr0).expect(Vector.GP, 0, CODE);
        setCr0(wide, wide.cpu.cr0 & ~Bits.CR0_PG).expect(Vector.GP, 0, CODE);
        setCr0(wide, wide.cpu.cr0 & ~Bits.CR0_ET);
        assertTrue((wide.cpu.cr0 & Bits.CR0_ET) != 0, "ET is fixed");
    }

    @Test
    void pagingWithLmeNeedsPaeAndACodeSegmentWithoutL() {
        Guest guest = new Guest().protected32().paging();
        guest.cpu.efer = Bits.EFER_LME;
        guest.cpu.cr3 = Guest.TABLES;
        setCr0(guest, Bits.CR0_PE | Bits.CR0_PG).expect(Vector.GP, 0, CODE);
        guest.cpu.cr4 = Bits.CR4_PAE;
        setCr0(guest, Bits.CR0_PE | Bits.CR0_PG);
        assertTrue((guest.cpu.efer & Bits.EFER_LMA) != 0);
    }

    @Test
    void cr4RefusesReservedBitsAndLossOfPaeInLongMode() {
        Guest guest = new Guest().long64();
        setCr4(guest, Bits.CR4_PAE | Bits.CR4_LA57).expect(Vector.GP, 0, CODE);
        setCr4(guest, Bits.CR4_PAE | 1L << 32).expect(Vector.GP, 0, CODE);
        setCr4(guest, 0).expect(Vector.GP, 0, CODE);
        guest.cpu.cr3 |= 5;
        setCr4(guest, Bits.CR4_PAE | Bits.CR4_PCIDE).expect(Vector.GP, 0, CODE);
        guest.cpu.cr3 &= ~5;
        setCr4(guest, Bits.CR4_PAE | Bits.CR4_PCIDE);
        assertEquals(Bits.CR4_PAE | Bits.CR4_PCIDE, guest.cpu.cr4);
    }

    @Test
    void cr3RefusesAddressBitsThatTheModelLacksAndTakesTheNoFlushBitOnlyWithPcid() {
        Guest guest = new Guest().long64();
        guest.cpu.r[Gpr.RAX] = 1L << 46 | Guest.TABLES;
        guest.run("0f22d8 f4").expect(Vector.GP, 0, CODE);
        guest.cpu.r[Gpr.RAX] = 1L << 63 | Guest.TABLES;
        guest.run("0f22d8 f4").expect(Vector.GP, 0, CODE);
        guest.cpu.cr4 |= Bits.CR4_PCIDE;
        guest.run("0f22d8 f4");
        assertEquals(Guest.TABLES, guest.cpu.cr3);
    }

    @Test
    void paePointersWithReservedBitsAreRefused() {
        Guest guest = new Guest().protected32();
        guest.cpu.cr4 = Bits.CR4_PAE;
        guest.cpu.cr3 = 0xb000;
        guest.put64(0xb008, 3);
        setCr0(guest, Bits.CR0_PE | Bits.CR0_PG).expect(Vector.GP, 0, CODE);
    }

    @Test
    void lmswSetsPeAndNeverClearsIt() {
        Guest guest = new Guest().real();
        guest.cpu.r[Gpr.RAX] = 9;
        guest.run("0f01f0 31c0 0f01f0 f4");
        assertEquals(Bits.CR0_PE, guest.cpu.cr0 & 0xf);
    }

    @Test
    void controlRegistersNeedRing0AndUnknownOnesAreUndefined() {
        Guest guest = new Guest().long64();
        guest.run("0f22c8").expect(Vector.UD);
        guest.run("0f20f0").expect(Vector.UD);
        guest.user().run("0f20c0").expect(Vector.GP, 0, CODE);
        guest.user().run("f4").expect(Vector.GP, 0, CODE);
        guest.user().run("0f06").expect(Vector.GP, 0, CODE);
        guest.user().run("0f0138").expect(Vector.GP, 0, CODE);
    }

    @Test
    void cr8IsTheTaskPriority() {
        Guest guest = new Guest().long64();
        guest.cpu.r[Gpr.RAX] = 0xb;
        guest.run("44 0f22c0 44 0f20c3 f4");
        assertEquals(0xb, guest.cpu.r[Gpr.RBX]);
        assertEquals(0xb0, guest.apic.readPage(0x80, 4));
        guest.cpu.r[Gpr.RAX] = 0x10;
        guest.run("44 0f22c0").expect(Vector.GP, 0, CODE);
    }

    @Test
    void debugRegistersKeepTheirFixedBitsAndAreGuardedByGd() {
        Guest guest = new Guest().long64();
        guest.cpu.r[Gpr.RAX] = -1L >>> 32;
        guest.run("0f23f0 0f23f8 0f21f3 0f21f9 f4").expect(Vector.DB);
        assertEquals(0xffff_efffL & ~(1L << 12) & ~0x1_0000L | 1 << 13 | 0x1_0000L, guest.cpu.dr[6]);
        assertEquals(CODE + 6, guest.frame(0), "a fault: the guarded MOV is not executed");
        guest.run("0f21f9 f4");
        assertEquals(0xffff_07ffL, guest.cpu.r[Gpr.RCX], "DR7 with GD cleared by the fault");
        guest.cpu.r[Gpr.RAX] = 1L << 32;
        guest.run("0f23f8").expect(Vector.GP, 0, CODE);
        guest.cpu.cr4 |= Bits.CR4_DE;
        guest.run("0f21e0").expect(Vector.UD);
    }
}
