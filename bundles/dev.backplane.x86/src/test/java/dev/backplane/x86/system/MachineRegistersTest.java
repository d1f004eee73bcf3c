package dev.backplane.x86.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.x86.decode.Feature;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;

/** Model-specific registers (SDM 4), time, random numbers, FS and GS bases. */
class MachineRegistersTest {
    private static final long CODE = Guest.CODE;
    private final Guest guest = new Guest().long64();

    private long read(int number) {
        guest.cpu.r[Gpr.RCX] = number & 0xffff_ffffL;
        guest.run("0f32 f4").expect(-1);
        return guest.cpu.r[Gpr.RDX] << 32 | guest.cpu.r[Gpr.RAX];
    }

    private Guest write(int number, long value) {
        guest.cpu.r[Gpr.RCX] = number & 0xffff_ffffL;
        guest.cpu.r[Gpr.RAX] = value & 0xffff_ffffL;
        guest.cpu.r[Gpr.RDX] = value >>> 32;
        return guest.run("0f30 f4");
    }

    private void roundTrip(int number, long value) {
        write(number, value).expect(-1);
        assertEquals(value, read(number), "MSR %x".formatted(number));
    }

    @Test
    void whatIsWrittenIsRead() {
        roundTrip(0xc000_0081, 0x0023_0010_0000_0000L);
        roundTrip(0xc000_0082, 0xffff_ffff_8100_0000L);
        roundTrip(0xc000_0083, 0xffff_ffff_8100_0000L);
        roundTrip(0xc000_0084, 0x4_7700);
        roundTrip(0xc000_0100, 0x7fff_1234_5678L);
        roundTrip(0xc000_0101, 0xffff_8880_0000_0000L);
        roundTrip(0xc000_0102, 0xffff_8880_0000_1000L);
        roundTrip(0xc000_0103, 3);
        roundTrip(0x174, 0x10);
        roundTrip(0x175, 0xffff_fe00_0000_3000L);
        roundTrip(0x176, 0xffff_ffff_8100_1000L);
        roundTrip(0x277, 0x0407_0506_0007_0106L);
        roundTrip(0x1a0, 0x850089);
        roundTrip(0x48, 1);
        roundTrip(0x200, 0x8000_0000L);
        roundTrip(0x2ff, 0xc06);
        roundTrip(0x250, 0x0606_0606_0606_0606L);
    }

    @Test
    void whatLinuxReadsOnThisVendorWithoutCatchingFaultsIsThere() {
        for (int number : new int[] {0x17, 0x1b, 0x8b, 0xfe, 0x10a, 0x179, 0x1a0, 0x1d9, 0x277, 0x2ff, 0x3a}) {
            read(number);
        }
        assertEquals(1L << 32, read(0x8b));
        assertEquals(1, read(0x1a0) & 1, "fast strings");
        assertEquals(1, read(0x10a) & 1, "RDCL_NO");
    }

    @Test
    void unknownNumbersReservedBitsAndRing3AreGp() {
        for (int number : new int[] {0xdead, 0x140, 0xce, 0x606, 0xc001_0015, 0xc000_0085, 0x4b56_4d7f}) {
            guest.cpu.r[Gpr.RCX] = number & 0xffff_ffffL;
            guest.run("0f32 f4").expect(Vector.GP, 0, CODE);
            write(number, 0).expect(Vector.GP, 0, CODE);
        }
        write(0xc000_0080, 1 << 12).expect(Vector.GP, 0, CODE);
        write(0xc000_0080, 0).expect(Vector.GP, 0, CODE);
        write(0xc000_0082, 1L << 47).expect(Vector.GP, 0, CODE);
        write(0xc000_0103, 1L << 32).expect(Vector.GP, 0, CODE);
        write(0x277, 2).expect(Vector.GP, 0, CODE);
        write(0x10a, 0).expect(Vector.GP, 0, CODE);
        write(0xfe, 0).expect(Vector.GP, 0, CODE);
        write(0x2ff, 0x1000).expect(Vector.GP, 0, CODE);
        write(0x800, 0).expect(Vector.GP, 0, CODE);
        guest.user().run("0f32").expect(Vector.GP, 0, CODE);
    }

    @Test
    void theTimeStampCounterIsTheGuestClockPlusItsAdjustment() {
        guest.run("0f31 f4");
        assertEquals(2_000_000, guest.cpu.r[Gpr.RAX]);
        write(0x10, 5_000_000);
        assertEquals(3_000_000, read(0x3b));
        guest.nanos += 10;
        assertEquals(5_000_020, read(0x10));
        write(0x3b, 7);
        assertEquals(2_000_027, read(0x10));
        guest.cpu.cr4 |= Bits.CR4_TSD;
        guest.user().run("0f31").expect(Vector.GP, 0, CODE);
    }

    @Test
    void tscDeadlineFollowsTheTscWhenItIsSet() {
        guest.apic.writePage(0xf0, 4, 0x1ff);
        guest.apic.writePage(0x320, 4, 0x400ee);
        write(0x6e0, 2_000_200);
        assertEquals(guest.nanos + 100, guest.apic.timerDueNanos());
        write(0x3b, 100);
        assertEquals(guest.nanos + 50, guest.apic.timerDueNanos());
        assertEquals(2_000_200, read(0x6e0));
    }

    @Test
    void x2ApicRegistersAreMsrsOnceItIsEnabled() {
        write(0x1b, read(0x1b) | 1 << 10).expect(-1);
        assertEquals(0, read(0x802));
        write(0x80f, 0x1ff).expect(-1);
        assertEquals(0x1ff, read(0x80f));
        write(0x80e, 0).expect(Vector.GP, 0, CODE);
    }

    @Test
    void rdtscpAndRdpidGiveTheAuxiliaryRegister() {
        guest.cpu.tscAux = 0x1003;
        guest.run("0f01f9 f4");
        assertEquals(0x1003, guest.cpu.r[Gpr.RCX]);
    }

    @Test
    void basesOfFsAndGsAreOpenToRing3WithFsgsbase() {
        guest.user().run("f3480faec0").expect(Vector.UD);
        guest.cpu.cr4 |= Bits.CR4_FSGSBASE;
        guest.user();
        guest.cpu.r[Gpr.RAX] = 0x7fff_0000_1000L;
        guest.run("f3480faed0 f3480faecb 0f0b").expect(Vector.UD);
        assertEquals(0x7fff_0000_1000L, guest.cpu.segmentBase[Seg.FS]);
        guest.cpu.r[Gpr.RAX] = 1L << 50;
        guest.user().run("f3480faed0").expect(Vector.GP, 0, CODE);
    }

    @Test
    void swapgsExchangesTheBasesInRing0Only() {
        guest.cpu.segmentBase[Seg.GS] = 0x1000;
        guest.cpu.kernelGsBase = 0x2000;
        guest.run("0f01f8 f4");
        assertEquals(0x2000, guest.cpu.segmentBase[Seg.GS]);
        assertEquals(0x1000, guest.cpu.kernelGsBase);
        guest.user().run("0f01f8").expect(Vector.GP, 0, CODE);
    }

    @Test
    void rdrandSetsCarryAndClearsTheOtherFlags() {
        guest.cpu.setArithmeticFlags(Bits.ZF | Bits.SF | Bits.OF);
        guest.run("48 0fc7f0 0fc7fb f4");
        assertEquals(0x1234_5678_9abc_def0L, guest.cpu.r[Gpr.RAX]);
        assertEquals(0x9abc_def0L, guest.cpu.r[Gpr.RBX]);
        assertEquals(Bits.CF, guest.cpu.flags() & Bits.ARITHMETIC);
    }

    @Test
    void xcr0NeedsOsxsaveAndItsFirstBit() {
        guest.cpu.r[Gpr.RCX] = 0;
        guest.run("0f01d0").expect(Vector.UD);
        guest.cpu.cr4 |= Bits.CR4_OSXSAVE;
        guest.cpu.r[Gpr.RAX] = 3;
        guest.cpu.r[Gpr.RDX] = 0;
        guest.run("0f01d1 31c0 0f01d0 f4");
        assertEquals(3, guest.cpu.r[Gpr.RAX]);
        for (long value : new long[] {2, 7, 0}) {
            guest.cpu.r[Gpr.RAX] = value;
            guest.cpu.r[Gpr.RCX] = 0;
            guest.run("0f01d1").expect(Vector.GP, 0, CODE);
        }
    }

    @Test
    void invpcidChecksItsTypeAndDescriptor() {
        guest.put64(0xa000, 0).put64(0xa008, 0x20_0000);
        for (long type : new long[] {0, 1, 2, 3}) {
            guest.cpu.r[Gpr.RAX] = type;
            guest.run("660f38820425 00a00000 f4").expect(-1);
        }
        guest.cpu.r[Gpr.RAX] = 4;
        guest.run("660f38820425 00a00000").expect(Vector.GP, 0, CODE);
        guest.cpu.r[Gpr.RAX] = 0;
        guest.put64(0xa000, 1);
        guest.run("660f38820425 00a00000").expect(Vector.GP, 0, CODE);
    }

    @Test
    void cpuidNamesAHypervisorWithAStableClock() {
        guest.cpu.r[Gpr.RAX] = 0x4000_0000L;
        guest.run("0fa2 f4");
        assertEquals(0x4b4d564bL, guest.cpu.r[Gpr.RBX]);
        assertEquals(0x564b4d56L, guest.cpu.r[Gpr.RCX]);
        assertEquals(0x4dL, guest.cpu.r[Gpr.RDX]);
        guest.cpu.r[Gpr.RAX] = 0x4000_0001L;
        guest.run("0fa2 f4");
        assertEquals(1 << 24 | 1 << 3, guest.cpu.r[Gpr.RAX] & (1 << 24 | 1 << 3));
        guest.cpu.r[Gpr.RAX] = 0x8000_0007L;
        guest.run("0fa2 f4");
        assertEquals(1 << 8, guest.cpu.r[Gpr.RDX]);
    }

    @Test
    void cpuidFollowsTheProcessorsState() {
        guest.cpu.r[Gpr.RAX] = 1;
        guest.run("0fa2 f4");
        assertEquals(0, guest.cpu.r[Gpr.RCX] & 1 << 27);
        assertEquals(1 << 9, guest.cpu.r[Gpr.RDX] & 1 << 9);
        guest.cpu.cr4 |= Bits.CR4_OSXSAVE;
        assertTrue(guest.apic.setBase(0xfee0_0100L, 0));
        guest.cpu.r[Gpr.RAX] = 1;
        guest.run("0fa2 f4");
        assertEquals(1 << 27, guest.cpu.r[Gpr.RCX] & 1 << 27);
        assertEquals(0, guest.cpu.r[Gpr.RDX] & 1 << 9);
    }

    @Test
    void cpuidLeavesOfTimeAgreeWithTheClock() {
        CpuidTable.Entry ratio = CpuidTable.of(CpuModel.named("x86-64-v2").orElseThrow(), 0, 1, 2_600_000_000L)
                .find(0x15, 0);
        assertEquals(2_600_000_000L, 1L * ratio.ecx() * ratio.ebx() / ratio.eax());
        assertTrue(1L * ratio.ecx() / 1000 * ratio.ebx() < 1L << 32, "Linux multiplies kHz in 32 bits");
    }

    @Test
    void cpuidTopologyCountsTheVcpus() {
        for (int vcpus : new int[] {1, 2, 3, 4, 9}) {
            CpuidTable table =
                    CpuidTable.of(CpuModel.named("x86-64-v1").orElseThrow(), vcpus - 1, vcpus, 1_000_000_000L);
            assertEquals(vcpus, table.find(0xb, 1).ebx());
            assertEquals(vcpus - 1, table.find(0xb, 1).edx());
            assertTrue(1 << table.find(0xb, 1).eax() >= vcpus);
            assertEquals(vcpus - 1, table.find(1, 0).ebx() >>> 24);
        }
    }

    @Test
    void aModelLacksWhatItsLevelLacks() {
        assertTrue(!CpuModel.named("x86-64-v1").orElseThrow().features().contains(Feature.SSE4_2));
        assertTrue(CpuModel.named("x86-64-v2").orElseThrow().features().contains(Feature.SSE4_2));
        assertTrue(CpuModel.named("x86-64-v9").isEmpty());
        String aesenc = "660f38dcc1";
        var cryptography = EnumSet.of(Feature.AES, Feature.PCLMULQDQ, Feature.MOVBE);
        assertTrue(CpuModel.named("x86-64-v2-aes").orElseThrow().features().containsAll(cryptography));
        new Guest("x86-64-v2").long64().run(aesenc).expect(Vector.UD);
        Guest old = new Guest("x86-64-v1").long64();
        old.run("f30fb8c1").expect(Vector.UD);
    }

    @Test
    void hypercallsAreUnknown() {
        guest.run("0f01c1 f4");
        assertEquals(-1000, guest.cpu.r[Gpr.RAX]);
    }
}
