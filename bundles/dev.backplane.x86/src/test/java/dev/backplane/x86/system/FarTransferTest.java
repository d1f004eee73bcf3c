package dev.backplane.x86.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;
import org.junit.jupiter.api.Test;

/** JMP and CALL to other segments and through gates (SDM 2A "CALL", "JMP"; 3A, 6.8), task switches (9.3). */
class FarTransferTest {
    private static final long CODE = Guest.CODE;
    private static final long TARGET = 0x9000;
    private static final int SLOT = Guest.FREE;
    private final Guest guest = new Guest().protected32();

    private static String far(int opcode, long offset, int selector) {
        return "%02x %08x %04x"
                .formatted(opcode, Integer.reverseBytes((int) offset), Integer.reverseBytes(selector) >>> 16);
    }

    private Guest jump(long offset, int selector) {
        return guest.run(far(0xea, offset, selector));
    }

    @Test
    void jumpLoadsCodeSegmentAndOffset() {
        guest.descriptor(SLOT, Guest.segment(0x1000, 0xffff, 0x9a, 4)).put(TARGET, "f4");
        jump(TARGET - 0x1000, SLOT);
        assertEquals(SLOT, guest.cpu.selector[Seg.CS]);
        assertEquals(TARGET - 0x1000 + 1, guest.cpu.rip);
    }

    @Test
    void jumpFaultsNameTheSelector() {
        guest.descriptor(SLOT, Guest.FLAT_CODE32 & ~Guest.PRESENT);
        jump(TARGET, 0).expect(Vector.GP, 0, CODE);
        jump(TARGET, 0x100).expect(Vector.GP, 0x100, CODE);
        jump(TARGET, Guest.DATA).expect(Vector.GP, Guest.DATA, CODE);
        jump(TARGET, Guest.USER_CODE32).expect(Vector.GP, Guest.USER_CODE32 & ~3, CODE);
        jump(TARGET, Guest.CODE32 | 3).expect(Vector.GP, Guest.CODE32, CODE);
        jump(TARGET, SLOT).expect(Vector.NP, SLOT, CODE);
        guest.descriptor(SLOT, Guest.segment(0, 0xfff, 0x9a, 4));
        jump(TARGET, SLOT).expect(Vector.GP, 0, CODE);
    }

    @Test
    void conformingCodeIsEnteredWithoutChangeOfPrivilege() {
        guest.descriptor(SLOT, Guest.segment(0, 0xfffff, 0x9e, 0xc)).put(TARGET, "0f0b");
        guest.user();
        jump(TARGET, SLOT).expect(Vector.UD);
        assertEquals(SLOT | 3, guest.frame(1));
    }

    @Test
    void callGateFromRing3CopiesParametersToTheInnerStack() {
        guest.descriptor(SLOT, Guest.gate(Guest.CODE32, TARGET, 0xec, 2));
        guest.put(TARGET, "f4");
        guest.user();
        guest.cpu.r[Gpr.RSP] = Guest.STACK3 - 8;
        guest.put32(Guest.STACK3 - 8, 0x1111).put32(Guest.STACK3 - 4, 0x2222);
        guest.run(far(0x9a, 0xdead, SLOT | 3));
        assertEquals(TARGET + 1, guest.cpu.rip);
        assertEquals(Guest.STACK0 - 24, guest.cpu.r[Gpr.RSP]);
        assertEquals(CODE + 7, guest.frame(0));
        assertEquals(Guest.USER_CODE32, guest.frame(1));
        assertEquals(0x1111, guest.frame(2));
        assertEquals(0x2222, guest.frame(3));
        assertEquals(Guest.STACK3 - 8, guest.frame(4));
        assertEquals(Guest.USER_DATA, guest.frame(5));
    }

    @Test
    void callGateAndFarReturnRoundTrip() {
        guest.descriptor(SLOT, Guest.gate(Guest.CODE32, TARGET, 0xec, 1));
        guest.put(TARGET, "ca0400");
        guest.user();
        guest.cpu.r[Gpr.RSP] = Guest.STACK3 - 4;
        guest.run(far(0x9a, 0, SLOT | 3) + "0f0b").expect(Vector.UD);
        assertEquals(CODE + 7, guest.frame(0));
        assertEquals(Guest.STACK3, guest.frame(3));
    }

    @Test
    void callGateBelowThePrivilegeOfItsCallerIsGp() {
        guest.descriptor(SLOT, Guest.gate(Guest.CODE32, TARGET, 0x8c, 0));
        guest.user().run(far(0x9a, 0, SLOT | 3)).expect(Vector.GP, SLOT, CODE);
    }

    @Test
    void callGateOf64BitModeSwitchesToRsp0() {
        Guest wide = new Guest().long64();
        wide.put64(Guest.GDT + SLOT, Guest.gate(Guest.CODE64, TARGET, 0xec, 0)).put64(Guest.GDT + SLOT + 8, 0);
        wide.put(TARGET, "f4").put16(0xa008, SLOT | 3).put64(0xa000, 0);
        // rex.w call far [0xa000]
        wide.user().run("48 ff1c25 00a00000");
        assertEquals(TARGET + 1, wide.cpu.rip);
        assertEquals(0, wide.cpu.selector[Seg.SS]);
        assertEquals(Guest.STACK0 - 32, wide.cpu.r[Gpr.RSP]);
        assertEquals(CODE + 8, wide.frame(0));
        assertEquals(Guest.USER_CODE64, wide.frame(1));
        assertEquals(Guest.STACK3, wide.frame(2));
        assertEquals(Guest.USER_DATA, wide.frame(3));
    }

    @Test
    void callGateOf64BitModeNeedsItsUpperTypeToBeZero() {
        Guest wide = new Guest().long64();
        wide.put64(Guest.GDT + SLOT, Guest.gate(Guest.CODE64, TARGET, 0xec, 0)).put64(Guest.GDT + SLOT + 8, 1L << 40);
        wide.put16(0xa004, SLOT).put32(0xa000, 0);
        wide.run("ff1c25 00a00000").expect(Vector.GP, SLOT, CODE);
    }

    @Test
    void jumpBetweenCompatibilityAnd64BitMode() {
        Guest wide = new Guest().long64();
        wide.put32(0xa000, TARGET).put16(0xa004, Guest.CODE32);
        // In compatibility mode: jmp far CODE64:0x9100
        wide.put(TARGET, far(0xea, 0x9100, Guest.CODE64)).put(0x9100, "48 b8 efcdab8967452301 f4");
        wide.run("ff2c25 00a00000");
        assertEquals(0x0123456789abcdefL, wide.cpu.r[Gpr.RAX]);
        assertEquals(Cpu.CODE64, wide.cpu.mode & Cpu.CODE_SIZE);
    }

    @Test
    void realModeFarCallPushesAndJumps() {
        Guest real = new Guest().real();
        real.put(0x9010, "f4");
        real.run("9a 1000 0009");
        assertEquals(0x900, real.cpu.selector[Seg.CS]);
        assertEquals(0x11, real.cpu.rip);
        assertEquals(CODE + 5, real.frame(0));
        assertEquals(0, real.frame(1));
    }

    @Test
    void jumpToATssSwitchesTasksAndAnNtReturnComesBack() {
        long other = 0x3800;
        guest.descriptor(SLOT, Guest.segment(other, 0x67, 0x89, 0));
        guest.put32(other + 0x20, TARGET).put32(other + 0x24, 2).put32(other + 0x38, 0x6800);
        guest.put32(other + 0x28, 0x1234);
        for (int segment = 0; segment < 6; segment++) {
            guest.put32(other + 0x48 + 4 * segment, segment == Seg.CS ? Guest.CODE32 : Guest.DATA);
        }
        // The other task: inc eax; iret back.
        guest.put(TARGET, "40 cf");
        guest.run(far(0x9a, 0, SLOT) + "f4");
        assertEquals(CODE + 8, guest.cpu.rip);
        assertEquals(0x1235, guest.get32(other + 0x28));
        assertEquals(Guest.TSS_SELECTOR, guest.get16(other));
        assertEquals(Guest.TSS_SELECTOR, guest.cpu.selector[Seg.TR]);
        assertEquals(0x89, guest.get64(Guest.GDT + SLOT) >>> 40 & 0xff);
        assertTrue((guest.cpu.cr0 & Bits.CR0_TS) != 0);
    }

    @Test
    void anExceptionThroughATaskGatePushesItsErrorCodeOnTheNewStack() {
        long other = 0x3800;
        guest.descriptor(SLOT, Guest.segment(other, 0x67, 0x89, 0));
        guest.put32(other + 0x20, TARGET).put32(other + 0x24, 2).put32(other + 0x38, 0x6800);
        for (int segment = 0; segment < 6; segment++) {
            guest.put32(other + 0x48 + 4 * segment, segment == Seg.CS ? Guest.CODE32 : Guest.DATA);
        }
        guest.put64(Guest.IDT + Vector.GP * 8, Guest.gate(SLOT, 0, 0x85, 0));
        guest.put(TARGET, "f4");
        jump(0, 0x100);
        assertEquals(0x6800 - 4, guest.cpu.r[Gpr.RSP]);
        assertEquals(0x100, guest.frame(0));
        assertEquals(CODE, guest.get32(Guest.TSS + 0x20));
        assertTrue((guest.cpu.systemFlags & Bits.NT) != 0);
    }
}
