package dev.backplane.x86.interp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** A run up to an instruction count ends there exactly, in the state that single steps lead to. */
class InstructionCountTest {
    private static final long PROGRAM = 0x200000;

    @Test
    void runToACountEqualsThatManySteps() throws IOException {
        compareWithSteps(false);
    }

    @Test
    void aCountedRunEqualsThatManySteps() throws IOException {
        compareWithSteps(true);
    }

    /** out 0x10, al; inc ebx; inc ebx; inc ebx; ud2 */
    private static final String WRITES = "e610 ffc3 ffc3 ffc3";

    private static TestMachine writing(Consumer<TestMachine> onWrite) {
        var machine = new TestMachine();
        machine.platform.onWrite = () -> onWrite.accept(machine);
        machine.flat32().code(WRITES);
        machine.cpu.r[Gpr.RBX] = 0;
        return machine;
    }

    @Test
    void withinACountedRunTheCountIsExactAndTheLimitCanBeLowered() {
        var seen = new ArrayList<Long>();
        TestMachine machine = writing(m -> {
            seen.add(m.engine.executed());
            m.engine.lowerLimit(2);
        });
        assertEquals(Stop.BUDGET, machine.engine.runCounted(4));
        assertEquals(List.of(0L), seen);
        assertEquals(2, machine.cpu.instructions);
        assertEquals(1, machine.cpu.r[Gpr.RBX]);
    }

    @Test
    void aLimitThatIsReachedAlreadyEndsACountedRunBehindTheInstruction() {
        TestMachine machine = writing(m -> m.engine.lowerLimit(0));
        assertEquals(Stop.BUDGET, machine.engine.runCounted(4));
        assertEquals(1, machine.cpu.instructions);
    }

    @Test
    void anInterruptThatAnAccessCausesIsTakenBehindThatInstruction() {
        TestMachine machine = writing(m -> {
            m.platform.interrupt = 0x30;
            m.cpu.raise(Cpu.INTERRUPT);
        });
        machine.cpu.systemFlags |= Bits.IF;
        assertEquals(Stop.SHUTDOWN, machine.engine.runCounted(4));
        assertEquals(0x30, machine.vector);
        assertEquals(1, machine.cpu.instructions);
        assertEquals(0, machine.cpu.r[Gpr.RBX]);
    }

    @Test
    void aGuestThatOnlyFaultsComesToTheEndOfACountedRun() {
        var machine = new TestMachine().flat32();
        machine.code("");
        machine.deliverable = true;
        assertEquals(Stop.BUDGET, machine.engine.runCounted(1000));
        assertEquals(1000, machine.cpu.instructions);
    }

    private static void compareWithSteps(boolean exact) throws IOException {
        TestMachine stepped = kernels();
        TestMachine counted = kernels();
        long seed = 7;
        var random = new Random(seed);
        long done = 0;
        for (int n = 0; n < 300; n++) {
            int more = n % 3 == 0 ? 1 + random.nextInt(9000) : 1 + random.nextInt(40);
            done += more;
            for (int step = 0; step < more; step++) {
                stepped.engine.step();
            }
            assertEquals(Stop.BUDGET, exact ? counted.engine.runCounted(done) : counted.engine.run(done));
            assertEquals(done, counted.cpu.instructions);
            assertEquals(done, stepped.cpu.instructions);
            String where = "after %d instructions, seed %d".formatted(done, seed);
            assertEquals(stepped.cpu.rip, counted.cpu.rip, where);
            stepped.cpu.r[Gpr.IP] = counted.cpu.r[Gpr.IP];
            assertArrayEquals(stepped.cpu.r, counted.cpu.r, where);
            assertEquals(stepped.cpu.flags(), counted.cpu.flags(), where);
        }
    }

    private static TestMachine kernels() throws IOException {
        var machine = new TestMachine().userMode(TestMachine.DATA);
        for (long page = PROGRAM; page < PROGRAM + 0x80000; page += 0x1000) {
            machine.map(page, page);
        }
        byte[] program = Files.readAllBytes(Path.of("src/test/kernels/kernels.bin"));
        machine.ram.bytes().asSlice(PROGRAM, program.length).copyFrom(MemorySegment.ofArray(program));
        machine.cpu.rip = PROGRAM + 0x30;
        machine.cpu.r[7] = 5;
        machine.cpu.r[4] = TestMachine.STACK + 0xFF8;
        return machine;
    }
}
