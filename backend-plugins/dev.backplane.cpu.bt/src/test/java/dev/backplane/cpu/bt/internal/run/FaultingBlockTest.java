package dev.backplane.cpu.bt.internal.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.cpu.bt.internal.host.HostProbe;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
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
        var generator = new RandomBlock(random, true);
        int faults = 0;
        try (var machine = new BtMachine(true).userMode()) {
            machine.map(BtMachine.CODE, BtMachine.CODE);
            machine.map(BtMachine.STACK, BtMachine.STACK);
            machine.map(BtMachine.DATA, BtMachine.DATA);
            int blocks = Integer.getInteger("backplane.bt.blocks", 5_000);
            for (int n = 0; n < blocks; n++) {
                generator.generate();
                long[] registers = random.longs(16).toArray();
                registers[Gpr.RSP] = BtMachine.STACK + 0x800;
                registers[generator.base] = BtMachine.DATA + PAGE - 16 * random.nextInt(1, 60);
                long[] vectors = random.longs(32).toArray();
                int flags = random.nextInt() & Bits.ARITHMETIC;
                byte[] memory = new byte[PAGE];
                random.nextBytes(memory);
                machine.cpu.mmu.flushAll();
                machine.code(BtMachine.CODE, generator.code);
                Outcome translated = run(machine, true, registers, vectors, flags, memory);
                Outcome again = run(machine, true, registers, vectors, flags, memory);
                Outcome interpreted = run(machine, false, registers, vectors, flags, memory);
                int mask = ~generator.everUndefined;
                String which = "seed %d block %d: %s base %d"
                        .formatted(seed, n, HexFormat.of().formatHex(generator.code), generator.base);
                assertEquals(interpreted.text(mask), translated.text(mask), which);
                assertEquals(interpreted.text(mask), again.text(mask), which);
                faults += interpreted.vector != 6 ? 1 : 0;
            }
            assertTrue(faults > blocks / 20, faults + " faults");
        }
    }

    private record Outcome(
            int vector,
            int error,
            long rip,
            long cr2,
            long[] registers,
            long[] vectors,
            int flags,
            int mxcsr,
            int memory) {
        String text(int mask) {
            return "vector %d error %x rip %x cr2 %x flags %x mxcsr %x memory %x%n%s%n%s"
                    .formatted(
                            vector,
                            error,
                            rip,
                            cr2,
                            flags & mask,
                            mxcsr,
                            memory,
                            HexFormat.of().formatHex(bytes(registers)),
                            HexFormat.of().formatHex(bytes(vectors)));
        }

        private static byte[] bytes(long[] values) {
            return MemorySegment.ofArray(values).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private static Outcome run(
            BtMachine machine, boolean translated, long[] registers, long[] vectors, int flags, byte[] memory) {
        var cpu = machine.cpu;
        System.arraycopy(registers, 0, cpu.r, 0, 16);
        System.arraycopy(vectors, 0, cpu.xmm, 0, 32);
        cpu.setFlags(flags | Bits.IF);
        cpu.mxcsr = 0x1F80;
        cpu.cr2 = 0;
        cpu.rip = BtMachine.CODE;
        MemorySegment.copy(memory, 0, machine.ram.bytes(), ValueLayout.JAVA_BYTE, BtMachine.DATA, PAGE);
        machine.run(translated);
        byte[] after = machine.ram.bytes().asSlice(BtMachine.DATA, PAGE).toArray(ValueLayout.JAVA_BYTE);
        return new Outcome(
                machine.vector,
                machine.vector == 14 ? cpu.faultError : 0,
                cpu.rip,
                machine.vector == 14 ? cpu.cr2 : 0,
                Arrays.copyOf(cpu.r, 16),
                cpu.xmm.clone(),
                cpu.flags() & Bits.ARITHMETIC,
                cpu.mxcsr,
                Arrays.hashCode(after));
    }
}
