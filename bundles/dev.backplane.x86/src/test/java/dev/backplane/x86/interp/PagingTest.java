package dev.backplane.x86.interp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** Page walks: rights, error codes, accessed and dirty bits, large pages, and what the TLB may keep (SDM volume 3, chapter 4). */
class PagingTest {
    private static final long P = 1;
    private static final long W = 2;
    private static final long U = 4;
    private static final long A = 0x20;
    private static final long D = 0x40;
    private static final long PS = 0x80;
    private static final long G = 0x100;
    private static final long NX = 1L << 63;

    private static final long DATA = 0x40_0000_0000L;
    private static final long PAGE = DATA + 0x5000;
    private static final long FRAME = 0x110000;
    private static final String LOAD = "488b03";
    private static final String STORE = "488903";

    private final TestMachine machine = new TestMachine().userMode(DATA);
    private final Cpu cpu = machine.cpu;

    /** Executes an instruction that uses [rbx] = the page; returns the page fault's error code, or -1. */
    private int access(String hex, long address) {
        machine.code(hex);
        cpu.r[Gpr.RBX] = address;
        machine.run();
        if (machine.vector == Vector.PF) {
            assertEquals(address, cpu.cr2);
            return cpu.faultError;
        }
        assertEquals(Vector.UD, machine.vector);
        return -1;
    }

    private void map(long bits) {
        machine.map(PAGE, FRAME, bits);
        cpu.mmu.invalidate(PAGE);
    }

    private void supervisor() {
        cpu.cpl = 0;
        cpu.segmentAttributes[Seg.CS] &= ~Seg.DPL;
        cpu.modeChanged();
        // Its own code must not be a user page for SMEP.
        machine.map(TestMachine.CODE, TestMachine.CODE, P | W);
        cpu.mmu.flushAll();
    }

    @Test
    void userAccessNeedsAUserPage() {
        map(P | W);
        assertEquals(5, access(LOAD, PAGE));
        assertEquals(7, access(STORE, PAGE));
        map(0);
        assertEquals(4, access(LOAD, PAGE));
        assertEquals(6, access(STORE, PAGE));
        map(P | U);
        assertEquals(-1, access(LOAD, PAGE));
        assertEquals(7, access(STORE, PAGE));
        map(P | U | W);
        assertEquals(-1, access(STORE, PAGE));
    }

    @Test
    void supervisorMayWriteReadOnlyPagesOnlyWithoutWriteProtect() {
        supervisor();
        map(P);
        assertEquals(-1, access(LOAD, PAGE));
        assertEquals(3, access(STORE, PAGE));
        cpu.cr0 &= ~Bits.CR0_WP;
        cpu.mmu.flushAll();
        assertEquals(-1, access(STORE, PAGE));
    }

    @Test
    void supervisorAccessToUserPagesFollowsSmap() {
        supervisor();
        map(P | U | W);
        assertEquals(-1, access(STORE, PAGE));
        cpu.cr4 |= Bits.CR4_SMAP;
        cpu.mmu.flushAll();
        cpu.modeChanged();
        assertEquals(1, access(LOAD, PAGE));
        assertEquals(3, access(STORE, PAGE));
        cpu.systemFlags |= Bits.AC;
        cpu.modeChanged();
        assertEquals(-1, access(LOAD, PAGE));
        assertEquals(-1, access(STORE, PAGE));
        cpu.systemFlags &= ~Bits.AC;
        cpu.modeChanged();
        assertEquals(1, access(LOAD, PAGE));
    }

    @Test
    void fetchFollowsNoExecuteAndSmep() {
        machine.map(TestMachine.CODE, TestMachine.CODE, P | U | NX);
        cpu.mmu.flushAll();
        machine.code("90");
        machine.run();
        assertEquals(Vector.PF, machine.vector);
        assertEquals(0x15, cpu.faultError);
        machine.map(TestMachine.CODE, TestMachine.CODE, P | U);
        cpu.cpl = 0;
        cpu.cr4 |= Bits.CR4_SMEP;
        cpu.mmu.flushAll();
        cpu.modeChanged();
        machine.run();
        assertEquals(Vector.PF, machine.vector);
        assertEquals(0x11, cpu.faultError);
        cpu.cr4 &= ~Bits.CR4_SMEP;
        cpu.mmu.flushAll();
        machine.run();
        assertEquals(Vector.UD, machine.vector);
    }

    @Test
    void reservedBitsFault() {
        map(P | U | W | 1L << 50);
        assertEquals(0xD, access(LOAD, PAGE));
        cpu.efer &= ~Bits.EFER_NXE;
        cpu.mmu.flushAll();
        map(P | U | W | NX);
        assertEquals(0xD, access(LOAD, PAGE));
    }

    @Test
    void accessedAndDirtyBitsAreSetWhenDue() {
        map(P | U | W);
        long entry = entryAddress(PAGE);
        access(LOAD, PAGE);
        assertEquals(A, machine.memory(entry) & (A | D));
        access(STORE, PAGE);
        assertEquals(A | D, machine.memory(entry) & (A | D));
        map(P | U);
        access(STORE, PAGE);
        assertEquals(0, machine.memory(entry) & D);
    }

    /** The physical address of the last-level entry. */
    private long entryAddress(long linear) {
        long table = cpu.cr3;
        for (int shift = 39; shift > 12; shift -= 9) {
            table = machine.memory(table + (linear >>> shift - 3 & 0xFF8)) & 0xFFFFFFFFFF000L;
        }
        return table + (linear >>> 9 & 0xFF8);
    }

    @Test
    void largePageMapsAllOfItAndInvlpgDropsAllOfIt() {
        long large = 0x60_0000_0000L;
        machine.map(large, 0, 0);
        long table = cpu.cr3;
        for (int shift = 39; shift > 21; shift -= 9) {
            table = machine.memory(table + (large >>> shift - 3 & 0xFF8)) & 0xFFFFFFFFFF000L;
        }
        long entry = table + (large >>> 18 & 0xFF8);
        machine.memory(entry, 0x200000 | P | U | W | PS);
        cpu.mmu.flushAll();
        machine.memory(0x200000 + 0x12345 * 8, 77);
        assertEquals(-1, access(LOAD, large + 0x12345 * 8));
        assertEquals(77, cpu.r[Gpr.RAX]);
        assertEquals(A, machine.memory(entry) & (A | D));
        machine.memory(entry, 0);
        cpu.mmu.invalidate(large + 0x1000);
        assertEquals(4, access(LOAD, large + 0x12345 * 8));
        machine.memory(entry, 0x200000 | P | U | W | PS | 1 << 15);
        assertEquals(0xD, access(LOAD, large));
    }

    @Test
    void globalPagesSurviveAChangeOfTheAddressSpace() {
        cpu.cr4 |= Bits.CR4_PGE;
        map(P | U | W | G);
        machine.map(PAGE + 0x1000, FRAME + 0x1000);
        assertEquals(-1, access(LOAD, PAGE));
        assertEquals(-1, access(LOAD, PAGE + 0x1000));
        machine.map(PAGE, 0, 0);
        machine.map(PAGE + 0x1000, 0, 0);
        cpu.mmu.flushLocal();
        assertEquals(-1, access(LOAD, PAGE));
        assertEquals(4, access(LOAD, PAGE + 0x1000));
        cpu.mmu.invalidate(PAGE);
        assertEquals(4, access(LOAD, PAGE));
    }

    @Test
    void accessAcrossPagesFaultsBeforeItStores() {
        map(P | U | W);
        machine.map(PAGE + 0x1000, 0, 0);
        machine.memory(FRAME + 0xFF8, 0x1111111111111111L);
        machine.code(STORE);
        cpu.r[Gpr.RAX] = -1;
        cpu.r[Gpr.RBX] = PAGE + 0xFFC;
        machine.run();
        assertEquals(Vector.PF, machine.vector);
        assertEquals(PAGE + 0x1000, cpu.cr2);
        assertEquals(6, cpu.faultError);
        assertEquals(0x1111111111111111L, machine.memory(FRAME + 0xFF8));
        machine.map(PAGE + 0x1000, FRAME + 0x3000);
        machine.run();
        assertEquals(0xFFFFFFFF11111111L, machine.memory(FRAME + 0xFF8));
        assertEquals(0xFFFFFFFFL, machine.memory(FRAME + 0x3000) & 0xFFFFFFFFL);
        machine.code(LOAD);
        cpu.r[Gpr.RBX] = PAGE + 0xFFD;
        machine.memory(FRAME + 0x3000, 0x0807060504030201L);
        machine.run();
        assertEquals(0x0504030201FFFFFFL, cpu.r[Gpr.RAX]);
    }

    @Test
    void thirtyTwoBitPagingWithLargePages() {
        var guest = new TestMachine().flat32();
        long directory = 0x40000;
        long table = 0x41000;
        guest.memory(directory, table | P | W);
        guest.memory(directory + 4, 0x00400000 - 0x400000 | P | W | PS);
        for (int n = 0; n < 1024; n++) {
            guest.ram.bytes().set(ValueLayout.JAVA_INT, table + 4 * n, (int) (n << 12 | P | W));
        }
        guest.ram.bytes().set(ValueLayout.JAVA_INT, table + 4 * 0x123, 0);
        guest.cpu.cr3 = directory;
        guest.cpu.cr4 = Bits.CR4_PSE;
        guest.cpu.cr0 = Bits.CR0_PE | Bits.CR0_PG | Bits.CR0_WP;
        guest.cpu.modeChanged();
        guest.memory(0x150008, 0x1234);
        guest.code("8b03 8b0d 08005500"); // mov eax,[ebx]; mov ecx,[0x550008]: through the large page
        guest.cpu.r[Gpr.RBX] = 0x150008;
        guest.run();
        assertEquals(Vector.UD, guest.vector);
        assertEquals(0x1234, guest.cpu.r[Gpr.RAX]);
        assertEquals(0x1234, guest.cpu.r[Gpr.RCX]);
        guest.code("8903");
        guest.cpu.r[Gpr.RBX] = 0x123004;
        guest.run();
        assertEquals(Vector.PF, guest.vector);
        assertEquals(2, guest.cpu.faultError);
        assertEquals(0x123004, guest.cpu.cr2);
        assertEquals(A, guest.memory(directory) & (A | D));
    }

    @Test
    void writtenPagesAreDirtyAgainAfterTheyWereTaken() {
        map(P | U | W);
        access(STORE, PAGE);
        int page = (int) (FRAME >> 12);
        assertEquals(1, machine.ram.takeDirty(page >> 6) >>> page & 1);
        machine.ram.protectPages();
        access(LOAD, PAGE);
        assertEquals(0, machine.ram.takeDirty(page >> 6) >>> page & 1);
        access(STORE, PAGE);
        assertEquals(1, machine.ram.takeDirty(page >> 6) >>> page & 1);
    }
}
