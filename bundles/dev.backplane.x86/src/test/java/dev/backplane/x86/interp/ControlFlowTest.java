package dev.backplane.x86.interp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Registers;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;
import org.junit.jupiter.api.Test;

/** Branches, calls, blocks and what interrupts them. */
class ControlFlowTest {
    private static final long DATA = 0x40_0000_0000L;
    private final TestMachine machine = new TestMachine().userMode(DATA);

    @Test
    void everyConditionOfJccAgreesWithItsFlags() {
        for (int condition = 0; condition < 16; condition++) {
            for (int flags = 0; flags < 64; flags++) {
                // j<cc> +5; mov ecx, 1; ud2
                machine.code(Integer.toHexString(0x70 + condition) + "05 b901000000");
                machine.cpu.r[Gpr.RCX] = 0;
                int bits = (flags & 1) * Bits.CF
                        | (flags >> 1 & 1) * Bits.PF
                        | (flags >> 2 & 1) * Bits.AF
                        | (flags >> 3 & 1) * Bits.ZF
                        | (flags >> 4 & 1) * Bits.SF
                        | (flags >> 5 & 1) * Bits.OF;
                machine.cpu.setFlags(bits | Bits.IF);
                machine.run();
                boolean cf = (bits & Bits.CF) != 0;
                boolean zf = (bits & Bits.ZF) != 0;
                boolean sf = (bits & Bits.SF) != 0;
                boolean of = (bits & Bits.OF) != 0;
                boolean holds = switch (condition >> 1) {
                    case 0 -> of;
                    case 1 -> cf;
                    case 2 -> zf;
                    case 3 -> cf || zf;
                    case 4 -> sf;
                    case 5 -> (bits & Bits.PF) != 0;
                    case 6 -> sf != of;
                    default -> zf || sf != of;
                };
                assertEquals(
                        holds == (condition % 2 == 0) ? 0 : 1,
                        machine.cpu.r[Gpr.RCX],
                        "condition %x with flags %x".formatted(condition, bits));
                assertEquals(bits, machine.cpu.flags() & Bits.ARITHMETIC);
            }
        }
    }

    @Test
    void compareAndBranchLoopCountsItsInstructions() {
        machine.code("31c0 83c001 3de8030000 72f6"); // xor eax,eax; l: add eax,1; cmp eax,1000; jb l
        machine.cpu.instructions = 0;
        machine.run();
        assertEquals(1000, machine.cpu.r[Gpr.RAX]);
        assertEquals(1 + 3 * 1000, machine.cpu.instructions);
        assertEquals(TestMachine.CODE + 12, machine.cpu.rip);
    }

    @Test
    void callPushesAndRetReturns() {
        // call +3; inc eax; ud2 pad; f: add eax,5; ret
        machine.code("e804000000 ffc0 0f0b 83c005 c3");
        machine.cpu.r[Gpr.RAX] = 0;
        machine.cpu.r[Gpr.RSP] = TestMachine.STACK + 0x800;
        machine.run();
        assertEquals(6, machine.cpu.r[Gpr.RAX]);
        assertEquals(TestMachine.STACK + 0x800, machine.cpu.r[Gpr.RSP]);
        assertEquals(TestMachine.CODE + 5, machine.memory(TestMachine.STACK + 0x7F8));
    }

    @Test
    void callThatFaultsOnTheStackLeavesNoTrace() {
        machine.code("e810000000");
        machine.cpu.r[Gpr.RSP] = 0x500000;
        machine.run();
        assertEquals(Vector.PF, machine.vector);
        assertEquals(0x4FFFF8, machine.cpu.cr2);
        assertEquals(6, machine.cpu.faultError);
        assertEquals(0x500000, machine.cpu.r[Gpr.RSP]);
        assertEquals(TestMachine.CODE, machine.cpu.rip);
    }

    @Test
    void nonCanonicalReturnAddressFaultsAtTheReturn() {
        machine.code("c3");
        machine.cpu.r[Gpr.RSP] = TestMachine.STACK + 0x100;
        machine.memory(TestMachine.STACK + 0x100, 0x800000000000L);
        machine.run();
        assertEquals(Vector.GP, machine.vector);
        assertEquals(TestMachine.CODE, machine.cpu.rip);
        assertEquals(TestMachine.STACK + 0x100, machine.cpu.r[Gpr.RSP]);
    }

    @Test
    void nonCanonicalStackIsAStackFault() {
        machine.code("50");
        machine.cpu.r[Gpr.RSP] = 0x800000000008L;
        machine.run();
        assertEquals(Vector.SS, machine.vector);
        machine.code("488b00"); // mov rax,[rax]
        machine.cpu.r[Gpr.RAX] = 0x800000000008L;
        machine.run();
        assertEquals(Vector.GP, machine.vector);
    }

    @Test
    void stackOperationsTellTheirOperandFromTheStack() {
        machine.code("ff33"); // push [rbx]
        machine.cpu.r[Gpr.RSP] = TestMachine.STACK + 0x800;
        machine.cpu.r[Gpr.RBX] = 0x800000000008L;
        machine.run();
        assertEquals(Vector.GP, machine.vector);
        machine.cpu.r[Gpr.RBX] = DATA;
        machine.cpu.r[Gpr.RSP] = 0x800000000010L;
        machine.run();
        assertEquals(Vector.SS, machine.vector);
        machine.code("8f4500"); // pop [rbp+0]
        machine.cpu.r[Gpr.RSP] = TestMachine.STACK + 0x800;
        machine.cpu.r[Gpr.RBP] = 0x800000000008L;
        machine.run();
        assertEquals(Vector.SS, machine.vector);
        assertEquals(TestMachine.STACK + 0x800, machine.cpu.r[Gpr.RSP]);
    }

    @Test
    void alignmentIsCheckedForUsersWhoAskForIt() {
        machine.cpu.cr0 |= Bits.CR0_AM;
        machine.cpu.setFlags(Bits.IF | Bits.AC);
        machine.cpu.modeChanged();
        for (String hex : new String[] {"488b03", "488903", "480103", "f0480103", "668b03"}) {
            machine.code(hex);
            machine.cpu.r[Gpr.RBX] = DATA + 1;
            machine.run();
            assertEquals(Vector.AC, machine.vector, hex);
            assertEquals(TestMachine.CODE, machine.cpu.rip);
            machine.cpu.r[Gpr.RBX] = DATA + 8;
            machine.run();
            assertEquals(Vector.UD, machine.vector, hex);
        }
        machine.code("8a03");
        machine.cpu.r[Gpr.RBX] = DATA + 1;
        machine.run();
        assertEquals(Vector.UD, machine.vector);
        machine.code("488b03");
        machine.cpu.r[Gpr.RBX] = 0x500001;
        machine.run();
        // The manual's table 7-2 leaves the order within its lowest class open; processors look at the alignment first.
        assertEquals(Vector.AC, machine.vector);
    }

    @Test
    void faultInMidBlockKeepsWhatCameBefore() {
        machine.code("83c001 488b1c25 00008000 83c001"); // add eax,1; mov rbx,[0x800000]; add eax,1
        machine.cpu.r[Gpr.RAX] = 0;
        machine.cpu.instructions = 0;
        machine.run();
        assertEquals(Vector.PF, machine.vector);
        assertEquals(1, machine.cpu.r[Gpr.RAX]);
        assertEquals(1, machine.cpu.instructions);
        assertEquals(TestMachine.CODE + 3, machine.cpu.rip);
        assertEquals(0, machine.cpu.flags() & (Bits.ZF | Bits.SF));
    }

    @Test
    void storeIntoTheRunningBlockIsSeen() {
        // mov byte [rip+2], 7 (the immediate of the next instruction); mov al, 1
        machine.map(TestMachine.CODE, TestMachine.CODE);
        machine.code("c605 01000000 07 b001");
        machine.run();
        assertEquals(7, machine.cpu.r[Gpr.RAX] & 0xFF);
        machine.cpu.rip = TestMachine.CODE + 7;
        machine.memory(TestMachine.CODE + 8, 0x0B0F09);
        machine.ram.written(TestMachine.CODE + 8, 1);
        machine.run();
        assertEquals(9, machine.cpu.r[Gpr.RAX] & 0xFF);
    }

    @Test
    void instructionAcrossPagesFollowsTheSecondPagesMapping() {
        machine.code(0xFFE, (byte) 0xB8, (byte) 1, (byte) 2, (byte) 3, (byte) 4); // mov eax, imm32 from +FFE on
        machine.run();
        assertEquals(0x04030201, machine.cpu.r[Gpr.RAX]);
        // Another page behind the same first one.
        machine.memory(0x50000, 0x0B0F_0000_0000L | 0x333231);
        machine.memory(0x50003, 0x0B0F);
        machine.map(TestMachine.CODE + 0x1000, 0x50000);
        machine.cpu.mmu.invalidate(TestMachine.CODE + 0x1000);
        machine.cpu.rip = TestMachine.CODE + 0xFFE;
        machine.run();
        assertEquals(0x33323101, machine.cpu.r[Gpr.RAX]);
        machine.map(TestMachine.CODE + 0x1000, 0, 0);
        machine.cpu.mmu.invalidate(TestMachine.CODE + 0x1000);
        machine.cpu.rip = TestMachine.CODE + 0xFFE;
        machine.run();
        assertEquals(Vector.PF, machine.vector);
        assertEquals(TestMachine.CODE + 0x1000, machine.cpu.cr2);
        assertEquals(TestMachine.CODE + 0xFFE, machine.cpu.rip);
        assertEquals(0x14, machine.cpu.faultError);
    }

    @Test
    void instructionOfSixteenBytesIsAGeneralProtectionFault() {
        machine.code("2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e90");
        machine.run();
        assertEquals(Vector.GP, machine.vector);
        machine.code("2e2e2e2e2e2e2e2e2e2e2e2e2e2e90"); // 15 bytes
        machine.run();
        assertEquals(Vector.UD, machine.vector);
        assertEquals(TestMachine.CODE + 15, machine.cpu.rip);
    }

    @Test
    void lockIsOnlyAllowedOnWritesToMemory() {
        for (String hex : new String[] {"f001c8", "f08b00", "f090", "f0390b", "f0ff30", "f00fa303", "f0d003"}) {
            machine.code(hex);
            machine.run();
            assertEquals(Vector.UD, machine.vector, hex);
            assertEquals(TestMachine.CODE, machine.cpu.rip, hex);
        }
    }

    @Test
    void kickEndsAnEndlessLoopAtAnInstructionBoundary() throws InterruptedException {
        machine.code("ebfe");
        var kicker = new Thread(() -> machine.cpu.raise(Registers.KICK));
        kicker.start();
        assertEquals(Stop.KICKED, machine.run());
        kicker.join();
        assertEquals(TestMachine.CODE, machine.cpu.rip);
    }

    @Test
    void interruptWaitsForTheFlagAndOneInstructionMore() {
        machine.cpu.cpl = 0;
        machine.cpu.segmentAttributes[Seg.CS] &= ~Seg.DPL;
        machine.cpu.modeChanged();
        machine.code("ffc0 fb ffc0 ffc0 ffc0"); // inc eax; sti; inc eax; inc eax; inc eax
        machine.cpu.r[Gpr.RAX] = 0;
        machine.cpu.setFlags(0);
        machine.platform.interrupt = 0x40;
        machine.cpu.raise(Registers.INTERRUPT);
        machine.run();
        assertEquals(0x40, machine.vector);
        assertEquals(2, machine.cpu.r[Gpr.RAX]);
        assertEquals(TestMachine.CODE + 5, machine.cpu.rip);
    }

    @Test
    void singleStepTrapsAfterEachInstruction() {
        machine.code("ffc0 ffc0");
        machine.cpu.r[Gpr.RAX] = 0;
        machine.cpu.setFlags(Bits.TF | Bits.IF);
        machine.run();
        assertEquals(Vector.DB, machine.vector);
        assertEquals(1, machine.cpu.r[Gpr.RAX]);
        assertEquals(TestMachine.CODE + 2, machine.cpu.rip);
        machine.code("f3aa"); // rep stosb
        machine.cpu.r[Gpr.RDI] = DATA;
        machine.cpu.r[Gpr.RCX] = 3;
        machine.run();
        assertEquals(Vector.DB, machine.vector);
        assertEquals(2, machine.cpu.r[Gpr.RCX]);
        assertEquals(TestMachine.CODE, machine.cpu.rip);
        machine.run();
        machine.run();
        assertEquals(0, machine.cpu.r[Gpr.RCX]);
        assertEquals(TestMachine.CODE + 2, machine.cpu.rip);
    }
}
