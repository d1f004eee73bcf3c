package dev.backplane.x86.interp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;
import org.junit.jupiter.api.Test;

/** Real mode and 32-bit protected mode: addresses, limits, stacks, and the instructions that 64-bit mode has not. */
class LegacyModeTest {
    private final TestMachine real = new TestMachine().realMode();
    private final TestMachine flat = new TestMachine().flat32();

    @Test
    void sixteenBitAddressesWrapWithinTheirSegment() {
        Cpu cpu = real.cpu;
        cpu.segmentBase[Seg.DS] = 0x50000;
        real.memory(0x50000 + 0x0010, 0x1234);
        real.code("8b40f0"); // mov ax, [bx+si-16]
        cpu.r[Gpr.RBX] = 0xABCD_FFF0L;
        cpu.r[Gpr.RSI] = 0x0030;
        cpu.r[Gpr.RAX] = 0xFFFF_0000L;
        real.run();
        assertEquals(0xFFFF_1234L, cpu.r[Gpr.RAX]);
    }

    @Test
    void wordAtTheEndOfASegmentIsAFault() {
        Cpu cpu = real.cpu;
        real.code("8b07"); // mov ax, [bx]
        cpu.r[Gpr.RBX] = 0xFFFF;
        real.run();
        assertEquals(Vector.GP, real.vector);
        real.code("8b4600"); // mov ax, [bp+0]
        cpu.r[Gpr.RBP] = 0xFFFF;
        real.run();
        assertEquals(Vector.SS, real.vector);
    }

    @Test
    void addressPrefixGivesThirtyTwoBitAddresses() {
        Cpu cpu = real.cpu;
        real.memory(0x8000, 0x5678);
        real.code("67 668b8320000000"); // mov eax, [ebx+0x20]
        cpu.r[Gpr.RBX] = 0x7FE0;
        real.run();
        assertEquals(0x5678, cpu.r[Gpr.RAX]);
        cpu.rip = 0;
        cpu.r[Gpr.RBX] = 0x1_0000;
        real.run();
        assertEquals(Vector.GP, real.vector);
    }

    @Test
    void movntiStoresThirtyTwoBitsInSixteenBitCodeToo() {
        Cpu cpu = real.cpu;
        real.memory(0x8000, -1);
        real.code("0fc307"); // movnti [bx], eax
        cpu.r[Gpr.RBX] = 0x8000;
        cpu.r[Gpr.RAX] = 0x1234_5678;
        real.run();
        assertEquals(0x1234_5678L, real.memory(0x8000) & 0xffff_ffffL);
    }

    @Test
    void sixteenBitStackWrapsAndKeepsTheUpperHalf() {
        Cpu cpu = real.cpu;
        cpu.segmentBase[Seg.SS] = 0x30000;
        cpu.r[Gpr.RSP] = 0xABCD_0000L;
        cpu.r[Gpr.RAX] = 0x4321;
        real.code("50 5b"); // push ax; pop bx
        real.run();
        assertEquals(0x4321, cpu.r[Gpr.RBX] & 0xFFFF);
        assertEquals(0x4321, real.memory(0x3FFFE) & 0xFFFF);
        assertEquals(0xABCD_0000L, cpu.r[Gpr.RSP]);
    }

    @Test
    void callAndReturnAreWords() {
        Cpu cpu = real.cpu;
        cpu.r[Gpr.RSP] = 0x100;
        real.code("e80300 40 0f0b 83c002 c3"); // call +3; inc ax; ud2; f: add ax, 2; ret
        cpu.r[Gpr.RAX] = 0;
        real.run();
        assertEquals(3, cpu.r[Gpr.RAX]);
        assertEquals(4, cpu.rip);
        assertEquals(3, real.memory(0xFE) & 0xFFFF);
    }

    @Test
    void loopUsesTheAddressSize() {
        Cpu cpu = real.cpu;
        real.code("40 e2fd"); // l: inc ax; loop l
        cpu.r[Gpr.RAX] = 0;
        cpu.r[Gpr.RCX] = 0x5_0003L;
        real.run();
        assertEquals(3, cpu.r[Gpr.RAX]);
        assertEquals(0x5_0000L, cpu.r[Gpr.RCX]);
    }

    @Test
    void repeatedStoreWrapsAtSixtyFourKilobytes() {
        Cpu cpu = real.cpu;
        cpu.segmentBase[Seg.ES] = 0x60000;
        cpu.r[Gpr.RDI] = 0xFFFE;
        cpu.r[Gpr.RCX] = 4;
        cpu.r[Gpr.RAX] = 0x77;
        real.code("f3aa");
        real.run();
        assertEquals(2, cpu.r[Gpr.RDI]);
        assertEquals(0x7777, real.memory(0x6FFFE) & 0xFFFF);
        assertEquals(0x7777, real.memory(0x60000) & 0xFFFF);
    }

    @Test
    void portsAreReadAndWritten() {
        Cpu cpu = real.cpu;
        real.code("ba3412 ed b8cdab e780"); // mov dx,0x1234; in ax,dx; mov ax,0xabcd; out 0x80,ax
        real.run();
        assertEquals(0x80, real.platform.lastPort);
        assertEquals(0xABCD, real.platform.lastValue);
        real.code("ba3412 ec");
        real.run();
        assertEquals(0x34, cpu.r[Gpr.RAX] & 0xFF);
    }

    @Test
    void pushaAndPopaKeepTheirOrder() {
        Cpu cpu = flat.cpu;
        for (int n = 0; n < 8; n++) {
            cpu.r[n] = 0x1000 + n;
        }
        cpu.r[Gpr.RSP] = 0x30100;
        flat.code("60");
        flat.run();
        assertEquals(0x300E0, cpu.r[Gpr.RSP]);
        for (int n = 0; n < 8; n++) {
            long pushed = flat.memory(0x300FC - 4 * n) & 0xFFFFFFFFL;
            assertEquals(n == Gpr.RSP ? 0x30100 : 0x1000 + n, pushed);
        }
        flat.memory(0x300E0, 0x77);
        flat.code("61");
        flat.run();
        assertEquals(0x30100, cpu.r[Gpr.RSP]);
        assertEquals(0x77, cpu.r[Gpr.RDI]);
        assertEquals(0x1000, cpu.r[Gpr.RAX]);
    }

    @Test
    void enterAndLeaveBuildAndDropFrames() {
        Cpu cpu = flat.cpu;
        cpu.r[Gpr.RSP] = 0x30100;
        cpu.r[Gpr.RBP] = 0x30200;
        flat.memory(0x301F8, 0xAAAA_0000_BBBBL);
        flat.code("c8 1000 03"); // enter 16, 3
        flat.run();
        assertEquals(0x300FC, cpu.r[Gpr.RBP]);
        assertEquals(0x30100 - 4 - 12 - 16, cpu.r[Gpr.RSP]);
        assertEquals(0x30200, flat.memory(0x300FC) & 0xFFFFFFFFL);
        assertEquals(0xAAAA, flat.memory(0x300F8) & 0xFFFFFFFFL);
        assertEquals(0xBBBB, flat.memory(0x300F4) & 0xFFFFFFFFL);
        assertEquals(0x300FC, flat.memory(0x300F0) & 0xFFFFFFFFL);
        flat.code("c9");
        flat.run();
        assertEquals(0x30100, cpu.r[Gpr.RSP]);
        assertEquals(0x30200, cpu.r[Gpr.RBP]);
    }

    @Test
    void decimalAdjustFollowsTheManualsRules() {
        for (int flags = 0; flags < 4; flags++) {
            for (int al = 0; al < 256; al++) {
                boolean carry = (flags & 1) != 0;
                boolean auxiliary = (flags & 2) != 0;
                // DAA, SDM volume 2.
                int expected = al;
                boolean cf = false;
                boolean af = false;
                if ((al & 15) > 9 || auxiliary) {
                    cf = carry || expected + 6 > 255;
                    expected = expected + 6 & 0xFF;
                    af = true;
                }
                if (al > 0x99 || carry) {
                    expected = expected + 0x60 & 0xFF;
                    cf = true;
                } else {
                    cf = false;
                }
                adjusts("27", al, carry, auxiliary, expected, cf, af);
                // DAS
                expected = al;
                cf = false;
                af = false;
                if ((al & 15) > 9 || auxiliary) {
                    cf = carry || expected - 6 < 0;
                    expected = expected - 6 & 0xFF;
                    af = true;
                }
                if (al > 0x99 || carry) {
                    expected = expected - 0x60 & 0xFF;
                    cf = true;
                }
                adjusts("2f", al, carry, auxiliary, expected, cf, af);
            }
        }
    }

    private void adjusts(String hex, int al, boolean carry, boolean auxiliary, int expected, boolean cf, boolean af) {
        flat.code(hex);
        flat.cpu.r[Gpr.RAX] = 0x5500 | al;
        flat.cpu.setFlags((carry ? Bits.CF : 0) | (auxiliary ? Bits.AF : 0));
        flat.run();
        String text = "%s with al=%x carry %b auxiliary %b".formatted(hex, al, carry, auxiliary);
        assertEquals(0x5500 | expected, flat.cpu.r[Gpr.RAX], text);
        int parity = Integer.bitCount(expected) % 2 == 0 ? Bits.PF : 0;
        int flags = (cf ? Bits.CF : 0)
                | (af ? Bits.AF : 0)
                | parity
                | (expected == 0 ? Bits.ZF : 0)
                | (expected > 127 ? Bits.SF : 0);
        assertEquals(flags, flat.cpu.flags() & (Bits.ARITHMETIC & ~Bits.OF), text);
    }

    @Test
    void unpackedDecimalInstructions() {
        run("37", 0x010F, 0, 0x0205, Bits.AF | Bits.CF); // aaa
        run("37", 0x00FA, 0, 0x0200, Bits.AF | Bits.CF);
        run("37", 0x0105, 0, 0x0105, 0);
        run("3f", 0x0200, Bits.AF, 0x000A, Bits.AF | Bits.CF); // aas
        run("d40a", 63, 0, 0x0603, Bits.PF); // aam
        run("d50a", 0x0603, 0, 63, Bits.PF); // aad
        flat.code("d400");
        flat.run();
        assertEquals(Vector.DE, flat.vector);
    }

    private void run(String hex, long ax, int flags, long expected, int expectedFlags) {
        flat.code(hex);
        flat.cpu.r[Gpr.RAX] = ax;
        flat.cpu.setFlags(flags);
        flat.run();
        assertEquals(expected, flat.cpu.r[Gpr.RAX], hex);
        int checked = hex.length() == 2 ? Bits.AF | Bits.CF : Bits.PF | Bits.SF | Bits.ZF;
        assertEquals(expectedFlags & checked, flat.cpu.flags() & checked, hex);
    }

    @Test
    void boundRaisesItsException() {
        flat.memory(0x8000, 10L | 20L << 32);
        flat.cpu.r[Gpr.RAX] = 20;
        flat.code("6205 00800000");
        flat.run();
        assertEquals(Vector.UD, flat.vector);
        flat.cpu.r[Gpr.RAX] = 21;
        flat.cpu.rip = TestMachine.CODE;
        flat.run();
        assertEquals(Vector.BR, flat.vector);
        flat.cpu.r[Gpr.RAX] = -1 & 0xFFFFFFFFL;
        flat.run();
        assertEquals(Vector.BR, flat.vector);
    }

    @Test
    void dataSegmentsAreCheckedForTypeAndLimit() {
        Cpu cpu = flat.cpu;
        cpu.segmentAttributes[Seg.DS] &= ~Seg.WRITABLE;
        cpu.modeChanged();
        flat.code("8903");
        flat.run();
        assertEquals(Vector.GP, flat.vector);
        cpu.segmentAttributes[Seg.DS] |= Seg.WRITABLE | Seg.EXPAND_DOWN;
        cpu.segmentLimit[Seg.DS] = 0xFFF;
        cpu.modeChanged();
        cpu.r[Gpr.RBX] = 0xFFF;
        flat.run();
        assertEquals(Vector.GP, flat.vector);
        cpu.r[Gpr.RBX] = 0x8000;
        flat.run();
        assertEquals(Vector.UD, flat.vector);
        cpu.segmentAttributes[Seg.DS] = Seg.UNUSABLE;
        cpu.modeChanged();
        cpu.rip = TestMachine.CODE;
        flat.run();
        assertEquals(Vector.GP, flat.vector);
    }

    @Test
    void portPermissionComesFromTheTaskState() {
        Cpu cpu = flat.cpu;
        cpu.cpl = 3;
        cpu.modeChanged();
        cpu.segmentBase[Seg.TR] = 0x9000;
        cpu.segmentLimit[Seg.TR] = 0x67 + 0x2001;
        cpu.segmentAttributes[Seg.TR] = 0x8B;
        flat.memory(0x9066, 0x68);
        flat.memory(0x9068 + (0x3F8 >> 3), 0x1L << 1);
        flat.code("baf8030000 ec"); // in al, dx
        flat.run();
        assertEquals(Vector.UD, flat.vector);
        flat.code("baf8030000 66ed");
        flat.run();
        assertEquals(Vector.GP, flat.vector);
        assertEquals(TestMachine.CODE + 5, cpu.rip);
    }
}
