package dev.backplane.x86.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Vector;
import org.junit.jupiter.api.Test;

/** The breakpoints of DR0 to DR3 (SDM 3B, 19.2 and 19.3). */
class BreakpointTest {
    private static final long WATCHED = 0x9000;
    private final Guest guest = new Guest().long64();

    private void enable(int number, long address, int kind, int length) {
        guest.cpu.dr[number] = address;
        guest.cpu.dr[7] |= 2L << 2 * number | (long) (kind | length << 2) << 16 + 4 * number;
        guest.cpu.modeChanged();
    }

    @Test
    void instructionBreakpointFaultsBeforeItsInstruction() {
        enable(0, Guest.CODE + 2, 0, 0);
        guest.cpu.r[Gpr.RAX] = 0;
        guest.run("ffc0 ffc0 ffc0 f4").expect(Vector.DB);
        assertEquals(1, guest.cpu.r[Gpr.RAX]);
        assertEquals(Guest.CODE + 2, guest.frame(0));
        assertEquals(1, guest.cpu.dr[6] & 0xF);
        assertEquals(0, guest.frame(2) & Bits.RF);
    }

    @Test
    void resumeFlagLetsTheInstructionPassOnce() {
        enable(0, Guest.CODE + 0x100, 0, 0);
        // The handler sets RF in its frame, counts in ebx and returns; the loop passes its breakpoint three times.
        guest.put(Guest.HANDLERS + 16, "e9fb000000").put(Guest.HANDLERS + 0x110, "814c241000000100 ffc3 48cf");
        guest.put(Guest.CODE + 0x100, "ffc0 83f803 75f9 f4");
        guest.cpu.r[Gpr.RAX] = 0;
        guest.cpu.r[Gpr.RBX] = 0;
        guest.run("e9fb000000").expect(-1);
        assertEquals(3, guest.cpu.r[Gpr.RAX]);
        assertEquals(3, guest.cpu.r[Gpr.RBX]);
        assertEquals(0, guest.cpu.flags() & Bits.RF);
    }

    @Test
    void writeBreakpointTrapsAfterTheStore() {
        enable(1, WATCHED, 1, 3);
        guest.cpu.r[Gpr.RBX] = 0x55;
        guest.cpu.r[Gpr.RSI] = WATCHED;
        guest.run("8b06 8a4604 884604 885e03 ffc0 f4").expect(Vector.DB);
        assertEquals(Guest.CODE + 11, guest.frame(0));
        assertEquals(2, guest.cpu.dr[6] & 0xF);
        assertEquals(0x55, guest.get64(WATCHED) >>> 24 & 0xFF);
    }

    @Test
    void readBreakpointTrapsOnReadsAndWritesOfAnyPart() {
        enable(2, WATCHED + 8, 3, 2);
        guest.cpu.r[Gpr.RSI] = WATCHED;
        guest.run("8b4605 f4").expect(Vector.DB);
        assertEquals(4, guest.cpu.dr[6] & 0xF);
        guest.cpu.dr[6] = 0;
        guest.run("48014604 f4").expect(Vector.DB);
        assertEquals(4, guest.cpu.dr[6] & 0xF);
        guest.run("8b4604 48890424 f4").expect(-1);
    }

    @Test
    void stringInstructionTrapsAfterTheIteration() {
        enable(3, WATCHED + 0x20, 1, 0);
        guest.cpu.r[Gpr.RDI] = WATCHED;
        guest.cpu.r[Gpr.RCX] = 0x40;
        guest.run("f3aa f4").expect(Vector.DB);
        assertEquals(0x1F, guest.cpu.r[Gpr.RCX]);
        assertEquals(Guest.CODE, guest.frame(0));
        assertEquals(8, guest.cpu.dr[6] & 0xF);
    }

    @Test
    void portBreakpointNeedsItsExtension() {
        enable(0, 0x80, 2, 0);
        guest.run("e680 f4").expect(-1);
        guest.cpu.cr4 |= Bits.CR4_DE;
        guest.cpu.modeChanged();
        guest.run("e680 90 f4").expect(Vector.DB);
        assertEquals(Guest.CODE + 2, guest.frame(0));
    }

    @Test
    void disabledBreakpointsCostNothingAndDoNothing() {
        enable(0, WATCHED, 3, 3);
        guest.cpu.r[Gpr.RAX] = 0x400;
        guest.cpu.r[Gpr.RSI] = WATCHED;
        guest.run("0f23f8 8b06 8906 f4").expect(-1);
        assertEquals(false, guest.cpu.debugging);
    }
}
