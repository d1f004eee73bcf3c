package dev.backplane.x86.fpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.x86.interp.TestMachine;
import dev.backplane.x86.simd.SimdFamily;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Vector;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What keeps x87 and MMX instructions from beginning, and faults in mid-instruction (SDM volume 3A, 2.5 and 6.15). */
class X87TrapTest {
    private static final long DATA = 0x7000_0000;
    private static final int ZERO_DIVIDE_PENDING = 0x8084;

    private final TestMachine machine = new TestMachine(List.of(new X87Family(), new SimdFamily())).userMode(DATA);
    private final Cpu c = machine.cpu;

    @BeforeEach
    void reportErrors() {
        c.cr0 |= Bits.CR0_NE;
        c.r[Gpr.RBX] = DATA;
    }

    /** Runs code and returns the exception that stopped it; #UD comes from behind the code. */
    private int run(String hex) {
        machine.code(0, HexFormat.of().parseHex(hex.replace(" ", "")));
        machine.run();
        return machine.vector;
    }

    private void pend() {
        c.fpu.loadControl(0x37B);
        c.fpu.loadStatus(4);
        assertEquals(ZERO_DIVIDE_PENDING, c.fpu.status);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"D9 E8", "9B", "D9 03", "DD 1B", "D9 2B", "DD 23", "0F FC C1", "0F 77", "66 0F 2D C0", "0F 2A C1"
            })
    void pendingExceptionIsReportedByTheNextWaitingInstruction(String code) {
        pend();
        assertEquals(Vector.MF, run(code));
        assertEquals(TestMachine.CODE, c.rip);
        assertEquals(ZERO_DIVIDE_PENDING, c.fpu.status);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DF E0", "DB E2", "DB E3", "D9 3B", "DD 3B", "D9 33", "DD 33", "0F AE 03"})
    void pendingExceptionDoesNotStopAnInstructionThatDoesNotWait(String code) {
        pend();
        assertEquals(Vector.UD, run(code));
        assertEquals(TestMachine.CODE + HexFormat.of().parseHex(code.replace(" ", "")).length, c.rip);
    }

    @Test
    void withoutNumericErrorReportingAPendingExceptionIsIgnored() {
        c.cr0 &= ~Bits.CR0_NE;
        pend();
        assertEquals(Vector.UD, run("D9 E8"));
        assertEquals(TestMachine.CODE + 2, c.rip);
    }

    @Test
    void unmaskedZeroDivideKeepsItsOperandsAndIsReportedLater() {
        assertEquals(Vector.UD, run("D9 EE D9 E8")); // fldz, fld1
        c.fpu.loadControl(0x37B);
        assertEquals(Vector.MF, run("DC F1 D9 E8")); // fdivr st(1), st; fld1
        assertEquals(TestMachine.CODE + 2, c.rip, "the division itself has not faulted");
        assertEquals(0, c.fpu.significand(1));
        assertTrue(c.fpu.isExceptionPending());
    }

    @ParameterizedTest
    @CsvSource({
        // CR0 bits, code, vector
        "8, D9 E8, 7",
        "4, D9 E8, 7",
        "8, 0F FC C1, 7",
        "4, 0F FC C1, 6",
        "12, 0F FC C1, 6",
        "8, 0F AE 03, 7",
        "8, DB E5, 6",
        "8, 9B, 6",
        "2, 9B, 6",
        "10, 9B, 7"
    })
    void taskSwitchedAndEmulationBitsForbidInstructions(int cr0, String code, int vector) {
        c.cr0 |= cr0;
        c.modeChanged();
        assertEquals(vector, run(code));
    }

    @Test
    void storeIntoAMissingPageChangesNeitherStackNorStatus() {
        assertEquals(Vector.UD, run("D9 EB")); // fldpi
        int status = c.fpu.status;
        int valid = c.fpu.valid;
        c.r[Gpr.RBX] = DATA + 4096 - 5;
        machine.code(0, HexFormat.of().parseHex("DB3B")); // fstp tword [rbx]
        machine.run();
        assertEquals(Vector.PF, machine.vector);
        assertEquals(DATA + 4096, c.cr2);
        assertEquals(status, c.fpu.status);
        assertEquals(valid, c.fpu.valid);
        c.r[Gpr.RBX] = DATA + 4096 - 8;
        assertEquals(0, c.load64(c.r[Gpr.RBX]), "nothing was written");
    }

    @Test
    void fxrstorOfReservedMxcsrBitsFaultsAndChangesNothing() {
        c.store32(DATA + 24, 0x1_0000);
        c.xmm[0] = 42;
        assertEquals(Vector.GP, run("0F AE 0B"));
        assertEquals(42, c.xmm[0]);
        assertEquals(0x37F, c.fpu.control);
    }

    @Test
    void xsaveNeedsTheOperatingSystemsConsent() {
        assertEquals(Vector.UD, run("0F AE 23"));
        assertEquals(TestMachine.CODE, c.rip);
        c.cr4 |= Bits.CR4_OSXSAVE;
        assertEquals(Vector.UD, run("0F AE 23"));
        assertEquals(TestMachine.CODE + 3, c.rip);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, Long.MIN_VALUE | 1, Long.MIN_VALUE | 7, Long.MIN_VALUE | 3})
    void xrstorChecksTheHeader(long layout) {
        c.cr4 |= Bits.CR4_OSXSAVE;
        c.xcr0 = 3;
        c.r[Gpr.RAX] = 3;
        c.store64(DATA + 512, 3);
        c.store64(DATA + 520, layout);
        c.store32(DATA + 24, 0x1F80);
        boolean good = layout == 0 || layout == (Long.MIN_VALUE | 3);
        assertEquals(good ? Vector.UD : Vector.GP, run("0F AE 2B"));
    }

    @Test
    void xrstorOfAbsentComponentsInitialisesThem() {
        c.cr4 |= Bits.CR4_OSXSAVE;
        c.xcr0 = 3;
        c.r[Gpr.RAX] = 3;
        c.store32(DATA + 24, 0x1FA0);
        assertEquals(Vector.UD, run("D9 E8")); // fld1
        c.xmm[5] = 7;
        assertEquals(Vector.UD, run("0F AE 2B"));
        assertEquals(0, c.fpu.valid);
        assertEquals(0, c.xmm[5]);
        assertEquals(0x1FA0, c.mxcsr, "the standard format restores MXCSR all the same");
        assertFalse(c.fpu.isExceptionPending());
    }

    @Test
    void environmentNamesInstructionOperandAndOpcode() {
        c.r[Gpr.RBX] = DATA;
        assertEquals(Vector.UD, run("D9 43 08 D9 73 40")); // fld dword [rbx + 8]; fnstenv [rbx + 64]
        assertEquals(TestMachine.CODE, c.load32(DATA + 64 + 12));
        assertEquals(0x143, c.load16(DATA + 64 + 18));
        assertEquals(DATA + 8, c.load32(DATA + 64 + 20));
    }
}
