package dev.backplane.x86.interp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Registers;
import dev.backplane.x86.state.Vector;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** REP instructions over several pages, with faults, overlaps and requests on the way. */
class StringInstructionTest {
    private static final long DATA = 0x40_0000_0000L;
    private static final long PHYSICAL = 0x100000;

    private final TestMachine machine = new TestMachine().userMode(DATA);

    StringInstructionTest() {
        for (int page = 0; page < 16; page++) {
            // Neighbours in linear memory are not neighbours in RAM.
            machine.map(DATA + 0x1000 + page * 0x1000L, PHYSICAL + (15 - page) * 0x1000L);
        }
    }

    private long physical(long offset) {
        return PHYSICAL + (15 - (offset >> 12)) * 0x1000 + (offset & 0xFFF);
    }

    private int at(long offset) {
        return machine.ram.bytes().get(ValueLayout.JAVA_BYTE, physical(offset)) & 0xFF;
    }

    private void fill() {
        for (long offset = 0; offset < 0x10000; offset++) {
            machine.ram.bytes().set(ValueLayout.JAVA_BYTE, physical(offset), (byte) (offset * 7 + (offset >> 8)));
        }
    }

    private void registers(long source, long target, long count) {
        machine.cpu.r[Gpr.RSI] = DATA + 0x1000 + source;
        machine.cpu.r[Gpr.RDI] = DATA + 0x1000 + target;
        machine.cpu.r[Gpr.RCX] = count;
    }

    @Test
    void movsOverPagesCopiesEveryByte() {
        fill();
        machine.code("f3a4");
        registers(3, 0x8005, 0x5123);
        machine.run();
        assertEquals(Vector.UD, machine.vector);
        assertEquals(0, machine.cpu.r[Gpr.RCX]);
        assertEquals(DATA + 0x1000 + 3 + 0x5123, machine.cpu.r[Gpr.RSI]);
        for (int n = 0; n < 0x5123; n++) {
            assertEquals(at(3 + n), at(0x8005 + n));
        }
        assertEquals((0x8005 + 0x5123) * 7 + (0x8005 + 0x5123 >> 8) & 0xFF, at(0x8005 + 0x5123));
    }

    @Test
    void movsUpwardsIntoItselfRepeatsAPattern() {
        fill();
        machine.code("f3a4");
        int first = at(0x100);
        registers(0x100, 0x101, 0x800);
        machine.run();
        for (int n = 0; n <= 0x800; n++) {
            assertEquals(first, at(0x100 + n));
        }
    }

    @Test
    void quadwordsThatOverlapByLessThanTheirSizeGoOneByOne() {
        fill();
        byte[] expected = new byte[0x200];
        for (int n = 0; n < expected.length; n++) {
            expected[n] = (byte) at(0x100 + n);
        }
        for (int n = 0; n + 8 <= 0x80; n += 8) {
            System.arraycopy(expected.clone(), n, expected, n + 3, 8);
        }
        machine.code("f348a5");
        registers(0x100, 0x103, 0x10);
        machine.run();
        for (int n = 0; n < 0x90; n++) {
            assertEquals(expected[n] & 0xFF, at(0x100 + n), "byte " + n);
        }
    }

    @Test
    void movsDownwardsCopiesTheOtherWay() {
        fill();
        int[] old = new int[0x100];
        for (int n = 0; n < old.length; n++) {
            old[n] = at(0xF80 + n);
        }
        machine.code("fd f3a4 fc");
        registers(0xF80 + 0xFF, 0xFC0 + 0xFF, 0x100);
        machine.run();
        for (int n = 0; n < old.length; n++) {
            assertEquals(old[n], at(0xFC0 + n));
        }
    }

    @Test
    void stosFillsEveryElement() {
        fill();
        machine.code("f3ab");
        machine.cpu.r[Gpr.RAX] = 0x04030201;
        registers(0, 0xFF9, 0x900);
        machine.run();
        for (int n = 0; n < 0x2400; n++) {
            assertEquals(n % 4 + 1, at(0xFF9 + n));
        }
        assertEquals((0xFF9 + 0x2400) * 7 + (0xFF9 + 0x2400 >> 8) & 0xFF, at(0xFF9 + 0x2400));
    }

    @Test
    void faultLeavesTheCountOfWhatIsLeft() {
        machine.code("f3aa");
        registers(0, 0xFF00, 0x300);
        machine.cpu.instructions = 0;
        machine.run();
        assertEquals(Vector.PF, machine.vector);
        assertEquals(TestMachine.CODE, machine.cpu.rip);
        assertEquals(0x200, machine.cpu.r[Gpr.RCX]);
        assertEquals(DATA + 0x11000, machine.cpu.r[Gpr.RDI]);
        assertEquals(DATA + 0x11000, machine.cpu.cr2);
        assertEquals(0, machine.cpu.instructions);
    }

    @Test
    void requestLeavesTheCountOfWhatIsLeft() {
        machine.code("f3aa");
        registers(0, 0, 0x3000);
        machine.cpu.r[Gpr.RAX] = 0x55;
        machine.engine.step(); // decoded, and not done while nothing asks
        assertEquals(0, machine.cpu.r[Gpr.RCX]);
        registers(0, 0, 0x3000);
        machine.cpu.rip = TestMachine.CODE;
        // A kick that comes in mid-instruction: raised by the first page's store through a port would need a device, so
        // before.
        machine.cpu.raise(Registers.KICK);
        assertEquals(Stop.KICKED, machine.run());
        assertEquals(TestMachine.CODE, machine.cpu.rip);
        machine.run();
        assertEquals(0, machine.cpu.r[Gpr.RCX]);
        assertEquals(0x55, at(0x2FFF));
    }

    @Test
    void scasStopsBehindTheMatch() {
        fill();
        machine.code("f2ae");
        machine.ram.bytes().asSlice(physical(0x2FFF), 1).fill((byte) 0);
        for (int n = 0x10; n < 0x200; n++) {
            machine.ram.bytes().set(ValueLayout.JAVA_BYTE, physical(n), (byte) 1);
        }
        machine.ram.bytes().set(ValueLayout.JAVA_BYTE, physical(0x123), (byte) 0x77);
        machine.cpu.r[Gpr.RAX] = 0x77;
        registers(0, 0x10, 1000);
        machine.run();
        assertEquals(DATA + 0x1000 + 0x124, machine.cpu.r[Gpr.RDI]);
        assertEquals(1000 - (0x124 - 0x10), machine.cpu.r[Gpr.RCX]);
    }

    @Test
    void storeIntoCodeByAStringInstructionIsSeen() {
        // lea rdi, [rip+5]; mov ecx,1 is left out: rcx is set; rep stosb; then mov al, 1 whose immediate is overwritten
        machine.code("488d3d 03000000 f3aa b001");
        machine.cpu.r[Gpr.RAX] = 0x2A;
        machine.cpu.r[Gpr.RCX] = 1;
        machine.run();
        assertEquals(0x2A, machine.cpu.r[Gpr.RAX] & 0xFF);
    }
}
