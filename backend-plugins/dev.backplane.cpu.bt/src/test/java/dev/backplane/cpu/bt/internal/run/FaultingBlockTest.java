package dev.backplane.cpu.bt.internal.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.cpu.bt.internal.host.HostProbe;
import dev.backplane.cpu.bt.internal.translate.Fidelity;
import dev.backplane.cpu.bt.internal.translate.NativeForms;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Vector;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Random blocks around the end of a mapped page: translated code faults where the interpreter does, with the same state. */
class FaultingBlockTest {
    private static final int PAGE = 4096;

    @Test
    void blocksThatFaultInTheMiddleLeaveTheStateThatTheInterpreterLeaves() {
        Assumptions.assumeTrue(HostProbe.obstacle().isEmpty(), HostProbe.obstacle());
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        var generator = new RandomBlock(
                random, RandomBlock.Purpose.INTERPRETER, NativeForms.of(false), BtMachine.CODE, BtMachine.DATA);
        int[] faults = new int[32];
        try (var machine = new BtMachine(Fidelity.EXACT).userMode()) {
            machine.mapReadOnly(BtMachine.CODE, BtMachine.CODE);
            machine.map(BtMachine.STACK, BtMachine.STACK);
            machine.map(BtMachine.DATA, BtMachine.DATA);
            int blocks = Integer.getInteger("backplane.bt.blocks", 20_000);
            for (int n = 0; n < blocks; n++) {
                generator.generate();
                long[] registers = random.longs(16).toArray();
                registers[Gpr.RSP] = BtMachine.STACK + 0x800;
                registers[generator.index] = random.nextInt(RandomBlock.INDEXES);
                registers[generator.base] = BtMachine.DATA + PAGE - 16 * random.nextInt(1, 60);
                long[] vectors = random.longs(64).toArray();
                int flags = random.nextInt() & Bits.ARITHMETIC;
                byte[] memory = new byte[PAGE];
                random.nextBytes(memory);
                machine.cpu.mmu.flushAll();
                machine.code(BtMachine.CODE, generator.code);
                Outcome interpreted = run(machine, false, registers, vectors, flags, memory);
                if (interpreted.vector() < 0) {
                    // It goes round in circles.
                    continue;
                }
                Outcome translated = run(machine, true, registers, vectors, flags, memory);
                Outcome again = run(machine, true, registers, vectors, flags, memory);
                int mask = ~generator.everUndefined;
                String which = "seed %d block %d: %s base %d"
                        .formatted(seed, n, HexFormat.of().formatHex(generator.code), generator.base);
                assertEquals(interpreted.text(mask), translated.text(mask), which);
                assertEquals(interpreted.text(mask), again.text(mask), which);
                faults[interpreted.vector()]++;
            }
            System.out.printf(
                    "of %,d blocks %,d ended by #DE, %,d by #SS, %,d by #GP, %,d by #PF%n",
                    blocks, faults[Vector.DE], faults[Vector.SS], faults[Vector.GP], faults[Vector.PF]);
            for (int vector : new int[] {Vector.DE, Vector.SS, Vector.GP, Vector.PF}) {
                assertTrue(faults[vector] > blocks / 2_000, () -> "vector " + vector + ": " + faults[vector]);
            }
        }
    }

    private static Outcome run(
            BtMachine machine, boolean translated, long[] registers, long[] vectors, int flags, byte[] memory) {
        var cpu = machine.cpu;
        System.arraycopy(registers, 0, cpu.r, 0, 16);
        System.arraycopy(vectors, 0, cpu.xmm, 0, 32);
        System.arraycopy(vectors, 32, cpu.ymm, 0, 32);
        cpu.setFlags(flags | Bits.IF);
        cpu.mxcsr = 0x1F80;
        cpu.cr2 = 0;
        cpu.rip = BtMachine.CODE;
        MemorySegment.copy(memory, 0, machine.ram.bytes(), ValueLayout.JAVA_BYTE, BtMachine.DATA, PAGE);
        machine.ram.bytes().asSlice(BtMachine.STACK, PAGE).fill((byte) 0);
        machine.vector = -1;
        if (translated) {
            machine.run(true);
        } else {
            machine.interpreter.run(cpu.instructions + 1_000);
        }
        return Outcome.of(machine, 0);
    }
}
