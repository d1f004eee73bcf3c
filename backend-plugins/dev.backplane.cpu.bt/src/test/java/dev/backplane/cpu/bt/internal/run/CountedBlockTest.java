package dev.backplane.cpu.bt.internal.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.cpu.bt.internal.host.HostProbe;
import dev.backplane.cpu.bt.internal.translate.Fidelity;
import dev.backplane.cpu.bt.internal.translate.NativeForms;
import dev.backplane.x86.interp.Stop;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Random blocks on virtual time, to a random count: translated code stops exactly where the interpreter does, with the same state,
 * undefined flags and estimates included.
 */
class CountedBlockTest {
    private static final int PAGE = 4096;

    @Test
    void countedRunsEndAtTheCountWithTheStateThatTheInterpreterHas() {
        Assumptions.assumeTrue(HostProbe.obstacle().isEmpty(), HostProbe.obstacle());
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        var generator = new RandomBlock(
                random, RandomBlock.Purpose.COUNTED, NativeForms.of(false), BtMachine.CODE, BtMachine.DATA);
        int limited = 0;
        int faults = 0;
        try (var machine = new BtMachine(Fidelity.COUNTED).userMode()) {
            machine.mapReadOnly(BtMachine.CODE, BtMachine.CODE);
            machine.map(BtMachine.STACK, BtMachine.STACK);
            machine.map(BtMachine.DATA, BtMachine.DATA);
            int blocks = Integer.getInteger("backplane.bt.blocks", 20_000);
            for (int n = 0; n < blocks; n++) {
                generator.generate();
                long[] registers = random.longs(16).toArray();
                registers[Gpr.RSP] = BtMachine.STACK + 0x800;
                registers[generator.index] = random.nextInt(RandomBlock.INDEXES);
                boolean end = random.nextInt(4) == 0;
                registers[generator.base] =
                        BtMachine.DATA + (end ? PAGE - 16 * random.nextInt(1, 60) : 1024 + 16 * random.nextInt(128));
                long[] vectors = random.longs(64).toArray();
                int flags = random.nextInt() & Bits.ARITHMETIC;
                byte[] memory = new byte[PAGE];
                random.nextBytes(memory);
                int limit = random.nextInt(3) == 0 ? 1_000 : random.nextInt(14);
                machine.cpu.mmu.flushAll();
                machine.code(BtMachine.CODE, generator.code);
                var start = new Start(registers, vectors, flags, memory, limit);
                Outcome translated = run(machine, true, start);
                Outcome again = run(machine, true, start);
                Outcome interpreted = run(machine, false, start);
                String which = "seed %d block %d: %s base %d limit %d"
                        .formatted(seed, n, HexFormat.of().formatHex(generator.code), generator.base, limit);
                assertEquals(interpreted.text(-1), translated.text(-1), which);
                assertEquals(interpreted.text(-1), again.text(-1), which);
                limited += interpreted.vector() < 0 ? 1 : 0;
                faults += interpreted.vector() >= 0 && interpreted.vector() != 6 ? 1 : 0;
            }
            assertTrue(limited > blocks / 5 && faults > blocks / 50, limited + " limited, " + faults + " faults");
            assertTrue(machine.translation.counters().blocks > blocks / 2, "blocks were translated");
        }
    }

    private record Start(long[] registers, long[] vectors, int flags, byte[] memory, int limit) {}

    private static Outcome run(BtMachine machine, boolean translated, Start start) {
        var cpu = machine.cpu;
        System.arraycopy(start.registers, 0, cpu.r, 0, 16);
        System.arraycopy(start.vectors, 0, cpu.xmm, 0, 32);
        System.arraycopy(start.vectors, 32, cpu.ymm, 0, 32);
        cpu.setFlags(start.flags | Bits.IF);
        cpu.mxcsr = 0x1F80;
        cpu.cr2 = 0;
        cpu.rip = BtMachine.CODE;
        MemorySegment.copy(start.memory, 0, machine.ram.bytes(), ValueLayout.JAVA_BYTE, BtMachine.DATA, PAGE);
        machine.ram.bytes().asSlice(BtMachine.STACK, PAGE).fill((byte) 0);
        machine.vector = -1;
        long before = cpu.instructions;
        long limit = before + start.limit;
        Stop stop = translated ? machine.translation.runCounted(limit) : machine.interpreter.runCounted(limit);
        assertEquals(machine.vector < 0 ? Stop.BUDGET : Stop.SHUTDOWN, stop);
        return Outcome.of(machine, cpu.instructions - before);
    }
}
