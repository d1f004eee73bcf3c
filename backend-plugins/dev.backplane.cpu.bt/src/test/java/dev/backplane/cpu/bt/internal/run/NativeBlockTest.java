package dev.backplane.cpu.bt.internal.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.backplane.cpu.bt.internal.host.HostProbe;
import dev.backplane.cpu.bt.internal.translate.Fidelity;
import dev.backplane.x86.interp.Stop;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Random blocks run on the processor and translated, from the same state. {@code -Dbackplane.bt.blocks=1000000} tries harder. */
class NativeBlockTest {
    private static final long SPOT = BtMachine.STACK + 0x800;

    @Test
    void randomBlocksDoWhatTheProcessorDoes() {
        Assumptions.assumeTrue(HostProbe.obstacle().isEmpty(), HostProbe.obstacle());
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        compare(seed, Integer.getInteger("backplane.bt.blocks", 20_000));
    }

    private static void compare(long seed, int blocks) {
        var random = new SplittableRandom(seed);
        var generator = new RandomBlock(random, false);
        var in = new OracleState();
        var expected = new OracleState();
        var actual = new OracleState();
        try (var oracle = NativeOracle.open();
                var machine = new BtMachine(random.nextBoolean() ? Fidelity.EXACT : Fidelity.USUAL).userMode()) {
            machine.map(BtMachine.CODE, BtMachine.CODE);
            machine.map(BtMachine.STACK, BtMachine.STACK);
            machine.map(oracle.memoryAddress(), BtMachine.DATA);
            for (int n = 0; n < blocks; n++) {
                generator.generate();
                fill(random, in);
                in.gpr[generator.base] = oracle.memoryAddress() + 1024 + 16 * random.nextInt(128);
                oracle.run(generator.code, in, expected);
                // The second time with everything translated and in the TLB.
                for (int time = 0; time < 2; time++) {
                    if (time == 0) {
                        machine.cpu.mmu.flushAll();
                        machine.code(BtMachine.CODE, generator.code);
                    }
                    run(machine, in, actual);
                    check(seed, n, time, generator, in, expected, actual);
                }
            }
            assertEquals(true, machine.translation.counters().blocks >= blocks, "blocks were translated");
        }
    }

    static void fill(SplittableRandom random, OracleState state) {
        for (int r = 0; r < 16; r++) {
            state.gpr[r] = switch (random.nextInt(4)) {
                case 0 -> random.nextInt(-3, 4);
                case 1 -> random.nextInt();
                default -> random.nextLong();
            };
        }
        state.gpr[Gpr.RSP] = 0;
        state.rflags = random.nextLong() & Bits.ARITHMETIC;
        for (int n = 0; n < 16; n++) {
            state.xmm(n, number(random), number(random));
        }
        state.mxcsr(0x1F80 | (random.nextInt(4) == 0 ? random.nextInt(4) << 13 | random.nextInt(64) : 0));
        if (random.nextInt(8) == 0) {
            for (int at = 0; at < OracleState.MEMORY_BYTES; at += 8) {
                state.memoryLong(at, random.nextLong());
            }
        }
    }

    private static long number(SplittableRandom random) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextLong();
            case 1 -> Double.doubleToRawLongBits(random.nextDouble(-100, 100));
            case 2 ->
                (long) Float.floatToRawIntBits((float) random.nextDouble(-9, 9)) << 32
                        | Float.floatToRawIntBits((float) random.nextDouble(0, 1e6)) & 0xFFFFFFFFL;
            default -> random.nextInt(-2, 3);
        };
    }

    private static void run(BtMachine machine, OracleState in, OracleState out) {
        run(machine, in, out, true);
    }

    static void run(BtMachine machine, OracleState in, OracleState out, boolean translated) {
        System.arraycopy(in.gpr, 0, machine.cpu.r, 0, 16);
        machine.cpu.r[Gpr.RSP] = SPOT;
        machine.cpu.setFlags((int) in.rflags | Bits.IF);
        MemorySegment.copy(
                in.memory, 0, machine.ram.bytes(), ValueLayout.JAVA_BYTE, BtMachine.DATA, OracleState.MEMORY_BYTES);
        for (int n = 0; n < 16; n++) {
            machine.cpu.xmm[2 * n] = in.xmmLow(n);
            machine.cpu.xmm[2 * n + 1] = in.xmmHigh(n);
        }
        machine.cpu.mxcsr = in.mxcsr();
        machine.cpu.rip = BtMachine.CODE;
        Stop stop = machine.run(translated);
        assertEquals(Stop.SHUTDOWN, stop);
        System.arraycopy(machine.cpu.r, 0, out.gpr, 0, 16);
        out.gpr[Gpr.RSP] -= SPOT;
        for (int n = 0; n < 16; n++) {
            out.xmm(n, machine.cpu.xmm[2 * n], machine.cpu.xmm[2 * n + 1]);
        }
        out.mxcsr(machine.cpu.mxcsr);
        out.rflags = machine.cpu.flags() & OracleState.FLAGS;
        MemorySegment.copy(
                machine.ram.bytes(), ValueLayout.JAVA_BYTE, BtMachine.DATA, out.memory, 0, OracleState.MEMORY_BYTES);
    }

    private static void check(
            long seed, int n, int time, RandomBlock block, OracleState in, OracleState expected, OracleState actual) {
        long mask = OracleState.FLAGS & ~block.undefined & ~Bits.DF;
        boolean same = (expected.rflags & mask) == (actual.rflags & mask)
                && java.util.Arrays.equals(expected.gpr, actual.gpr)
                && expected.mxcsr() == actual.mxcsr()
                && sameVectors(expected, actual)
                && java.util.Arrays.equals(expected.memory, actual.memory);
        if (!same) {
            fail("seed %d block %d time %d: %s base %d undefined %x%nin       %s%nexpected %s%nactual   %s"
                    .formatted(
                            seed,
                            n,
                            time,
                            HexFormat.of().formatHex(block.code),
                            block.base,
                            block.undefined,
                            brief(in),
                            brief(expected),
                            brief(actual)));
        }
    }

    private static boolean sameVectors(OracleState one, OracleState other) {
        for (int n = 0; n < 16; n++) {
            if (one.xmmLow(n) != other.xmmLow(n) || one.xmmHigh(n) != other.xmmHigh(n)) {
                return false;
            }
        }
        return true;
    }

    private static String brief(OracleState state) {
        var text = new StringBuilder("flags %x ".formatted(state.rflags));
        for (int r = 0; r < 16; r++) {
            text.append("r%d=%x ".formatted(r, state.gpr[r]));
        }
        for (int n = 0; n < 16; n++) {
            text.append("x%d=%x_%x ".formatted(n, state.xmmHigh(n), state.xmmLow(n)));
        }
        return text.append("mxcsr %x".formatted(state.mxcsr()))
                .append(" memory ")
                .append(java.util.Arrays.hashCode(state.memory))
                .toString();
    }
}
