package dev.backplane.x86.interp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.x86.state.Gpr;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A run up to an instruction count ends there exactly, in the state that single steps lead to. */
class InstructionCountTest {
    private static final long PROGRAM = 0x200000;

    @Test
    void runToACountEqualsThatManySteps() throws IOException {
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
            assertEquals(Stop.BUDGET, counted.engine.run(done));
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
