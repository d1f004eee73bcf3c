package dev.backplane.x86.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.x86.interp.TestMachine;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Vector;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The exceptions that SSE instructions raise: unmasked ones of their arithmetic, alignment, availability. */
class SimdFaultTest {
    private static final long DATA = 0x7000_0000;
    private static final long ONE = 0x3FF0_0000_0000_0000L;
    private static final long THREE = 0x4008_0000_0000_0000L;
    private static final long SMALLEST_NORMAL = 0x0010_0000_0000_0000L;
    private static final long HALF = 0x3FE0_0000_0000_0000L;
    private static final long SIGNALING = 0x7FF0_0000_0000_0001L;
    private static final int XMM1 = 2;

    private final TestMachine machine = new TestMachine(List.of(new SimdFamily())).userMode(DATA);
    private final Cpu c = machine.cpu;

    private int run(String hex) {
        c.cr4 |= Bits.CR4_OSXMMEXCPT;
        c.r[Gpr.RBX] = DATA;
        machine.code(0, HexFormat.of().parseHex(hex.replace(" ", "")));
        machine.run();
        return machine.vector;
    }

    @Test
    void unmaskedZeroDivideFaultsWithItsFlagAndKeepsTheDestination() {
        c.mxcsr = 0x1F80 & ~0x200;
        c.xmm[0] = ONE;
        c.xmm[XMM1] = 0;
        assertEquals(Vector.XM, run("F2 0F 5E C1")); // divsd xmm0, xmm1
        assertEquals(TestMachine.CODE, c.rip);
        assertEquals(ONE, c.xmm[0]);
        assertEquals(0x1F80 & ~0x200 | 4, c.mxcsr);
    }

    @Test
    void withoutTheOperatingSystemsConsentAnUnmaskedExceptionIsUndefined() {
        c.mxcsr = 0x1F80 & ~0x200;
        c.xmm[0] = ONE;
        run("90");
        c.cr4 &= ~Bits.CR4_OSXMMEXCPT;
        machine.code(0, HexFormat.of().parseHex("F20F5EC1"));
        machine.run();
        assertEquals(Vector.UD, machine.vector);
        assertEquals(TestMachine.CODE, c.rip);
    }

    @Test
    void unmaskedInvalidOfOneElementHidesRoundingOfTheOther() {
        c.mxcsr = 0x1F80 & ~0x80;
        c.xmm[0] = ONE;
        c.xmm[1] = SIGNALING;
        c.xmm[XMM1] = THREE;
        c.xmm[XMM1 + 1] = ONE;
        assertEquals(Vector.XM, run("66 0F 5E C1")); // divpd xmm0, xmm1
        assertEquals(ONE, c.xmm[0]);
        assertEquals(1, c.mxcsr & 0x3F, "IE without PE");
    }

    @Test
    void unmaskedUnderflowFaultsEvenWhereTheTinyResultIsExact() {
        c.mxcsr = 0x1F80 & ~0x800;
        c.xmm[0] = SMALLEST_NORMAL;
        c.xmm[XMM1] = HALF;
        assertEquals(Vector.XM, run("F2 0F 59 C1")); // mulsd xmm0, xmm1
        assertEquals(0x10, c.mxcsr & 0x3F);
        c.mxcsr = 0x1F80;
        assertEquals(Vector.UD, run("F2 0F 59 C1"));
        assertEquals(0, c.mxcsr & 0x3F, "masked, an exact denormal is no underflow");
        assertEquals(SMALLEST_NORMAL >>> 1, c.xmm[0]);
    }

    @ParameterizedTest
    @CsvSource({
        "0F 28 03, 1, 13", // movaps
        "0F 29 03, 8, 13",
        "66 0F FC 03, 4, 13", // paddb
        "0F 10 03, 1, 6", // movups
        "66 0F 3A 63 03 00, 1, 6", // pcmpistri
        "F2 0F F0 03, 3, 6", // lddqu
        "F2 0F 58 03, 1, 6" // addsd
    })
    void unalignedOperandsFaultWhereAlignmentIsAsked(String code, int offset, int vector) {
        c.r[Gpr.RBX] = DATA + offset;
        machine.code(0, HexFormat.of().parseHex(code.replace(" ", "")));
        machine.run();
        assertEquals(vector, machine.vector);
    }

    @Test
    void storeAcrossIntoAMissingPageWritesNothing() {
        c.xmm[0] = -1;
        c.xmm[1] = -1;
        c.r[Gpr.RBX] = DATA + 4096 - 9;
        machine.code(0, HexFormat.of().parseHex("0F1103")); // movups [rbx], xmm0
        machine.run();
        assertEquals(Vector.PF, machine.vector);
        assertEquals(DATA + 4096, c.cr2);
        assertEquals(0, c.load64(DATA + 4096 - 9));
    }

    @ParameterizedTest
    @CsvSource({
        // CR0 bits to set, whether CR4.OSFXSR is, code, vector, bytes executed
        "8, true, 0F 58 C1, 7, 0",
        "4, true, 0F 58 C1, 6, 0",
        "12, true, 0F 58 C1, 6, 0",
        "8, false, 0F 58 C1, 6, 0",
        "0, false, 0F 58 C1, 6, 0",
        "0, false, 0F AE 13, 6, 0",
        "8, true, 0F AE 13, 7, 0",
        "0, false, 0F FC C1, 6, 3",
        "0, false, 66 0F FC C1, 6, 0"
    })
    void controlBitsForbidInstructions(int cr0, boolean osfxsr, String code, int vector, int executed) {
        c.cr0 |= cr0;
        if (!osfxsr) {
            c.cr4 &= ~Bits.CR4_OSFXSR;
        }
        c.modeChanged();
        assertEquals(vector, run(code));
        assertEquals(TestMachine.CODE + executed, c.rip);
    }

    @Test
    void ldmxcsrOfReservedBitsFaults() {
        c.store32(DATA, 0x1_1F80);
        assertEquals(Vector.GP, run("0F AE 13"));
        assertEquals(0x1F80, c.mxcsr);
    }

    @Test
    void maskedStoreTouchesNoMemoryWithoutAMask() {
        c.r[Gpr.RDI] = 0xDEAD_0000L;
        assertEquals(Vector.UD, run("66 0F F7 C1")); // maskmovdqu xmm0, xmm1
        assertEquals(TestMachine.CODE + 4, c.rip);
    }
}
