package dev.backplane.x86.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;
import org.junit.jupiter.api.Test;

/** SYSCALL, SYSRET, SYSENTER, SYSEXIT (SDM 2B). */
class SystemCallTest {
    private static final long CODE = Guest.CODE;
    private static final long ENTRY = 0x9000;
    private final Guest guest = new Guest().long64();

    SystemCallTest() {
        guest.cpu.star = (long) (Guest.USER_CODE64 - 16 & ~3) << 48 | (long) Guest.CODE64 << 32;
        guest.cpu.lstar = ENTRY;
        guest.cpu.fmask = Bits.IF | Bits.TF | Bits.DF;
        guest.put(ENTRY, "f4");
    }

    @Test
    void syscallSavesRipAndFlagsAndMasksThem() {
        guest.user();
        guest.cpu.systemFlags |= Bits.IF | Bits.DF;
        guest.run("0f05");
        assertEquals(ENTRY + 1, guest.cpu.rip);
        assertEquals(CODE + 2, guest.cpu.r[Gpr.RCX]);
        assertEquals(Bits.IF | Bits.DF, guest.cpu.r[Gpr.R11] & (Bits.IF | Bits.DF));
        assertEquals(0, guest.cpu.systemFlags & (Bits.IF | Bits.DF));
        assertEquals(0, guest.cpu.cpl);
        assertEquals(Guest.CODE64, guest.cpu.selector[Seg.CS]);
        assertEquals(Guest.CODE64 + 8, guest.cpu.selector[Seg.SS]);
        assertEquals(Guest.STACK3, guest.cpu.r[Gpr.RSP], "the stack is the kernel's to switch");
    }

    @Test
    void sysretqGoesBackTo64BitUserMode() {
        guest.cpu.r[Gpr.RCX] = 0xa000;
        guest.cpu.r[Gpr.R11] = Bits.IF | Bits.CF | Bits.RF;
        guest.put(0xa000, "0f0b");
        guest.run("48 0f07").expect(Vector.UD);
        assertEquals(0xa000, guest.frame(0));
        assertEquals(Guest.USER_CODE64, guest.frame(1));
        assertEquals(Bits.IF | Bits.CF | 2, guest.frame(2) & ~Bits.RF);
        assertEquals(Guest.USER_CODE64 - 8, guest.frame(4));
    }

    @Test
    void sysretlGoesBackToCompatibilityMode() {
        guest.cpu.r[Gpr.RCX] = 0xdead_0000_a000L;
        // In 64-bit code 40 is a prefix; here it is INC EAX.
        guest.put(0xa000, "40 0f0b");
        guest.cpu.r[Gpr.RAX] = 1;
        guest.run("0f07").expect(Vector.UD);
        assertEquals(2, guest.cpu.r[Gpr.RAX]);
        assertEquals(0xa001, guest.frame(0));
        assertEquals(Guest.USER_CODE64 - 16, guest.frame(1));
    }

    @Test
    void sysretToAnAddressThatIsNotCanonicalFaultsInRing0() {
        guest.cpu.r[Gpr.RCX] = 1L << 47;
        guest.run("48 0f07").expect(Vector.GP, 0, CODE);
    }

    @Test
    void withoutSceBothAreUndefinedAndSysretNeedsRing0() {
        guest.user().run("48 0f07").expect(Vector.GP, 0, CODE);
        guest.cpu.efer &= ~Bits.EFER_SCE;
        guest.run("0f05").expect(Vector.UD);
        guest.run("48 0f07").expect(Vector.UD);
    }

    @Test
    void sysenterAndSysexitInLongMode() {
        guest.cpu.sysenterCs = Guest.CODE64;
        guest.cpu.sysenterEsp = Guest.STACK0;
        guest.cpu.sysenterEip = ENTRY;
        guest.user();
        guest.cpu.systemFlags |= Bits.IF;
        guest.run("0f34");
        assertEquals(ENTRY + 1, guest.cpu.rip);
        assertEquals(Guest.STACK0, guest.cpu.r[Gpr.RSP]);
        assertEquals(0, guest.cpu.systemFlags & Bits.IF);
        guest.cpu.r[Gpr.RDX] = 0xa000;
        guest.cpu.r[Gpr.RCX] = Guest.STACK3;
        guest.put(0xa000, "0f0b");
        guest.run("48 0f35").expect(Vector.UD);
        assertEquals(0xa000, guest.frame(0));
        assertEquals(Guest.CODE64 + 32 | 3, guest.frame(1));
        assertEquals(Guest.STACK3, guest.frame(3));
    }

    @Test
    void sysenterWithoutASelectorIsGp() {
        guest.cpu.sysenterCs = 3;
        guest.run("0f34").expect(Vector.GP, 0, CODE);
        guest.run("0f35").expect(Vector.GP, 0, CODE);
    }

    @Test
    void sysenterInProtectedModeLoadsFlat32BitSegments() {
        Guest narrow = new Guest().protected32().user();
        narrow.cpu.sysenterCs = Guest.CODE32;
        narrow.cpu.sysenterEsp = Guest.STACK0;
        narrow.cpu.sysenterEip = ENTRY;
        narrow.put(ENTRY, "40 f4");
        narrow.run("0f34");
        assertEquals(ENTRY + 2, narrow.cpu.rip);
        assertEquals(Guest.DATA, narrow.cpu.selector[Seg.SS]);
    }
}
