package dev.backplane.cpu.bt.internal.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.backplane.cpu.bt.internal.host.HostProbe;
import dev.backplane.cpu.bt.internal.translate.Fidelity;
import dev.backplane.cpu.bt.internal.translate.NativeForms;
import dev.backplane.x86.interp.Stop;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Random blocks run on the processor and translated, from the same state. {@code -Dbackplane.bt.blocks=1000000} tries harder. */
class NativeBlockTest {
    private static final long SPOT = BtMachine.STACK + 0x800;
    /** With so many blocks every form comes up. */
    private static final int ENOUGH = 100_000;

    @Test
    void randomBlocksDoWhatTheProcessorDoes() {
        Assumptions.assumeTrue(HostProbe.obstacle().isEmpty(), HostProbe.obstacle());
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        int blocks = Integer.getInteger("backplane.bt.blocks", 300_000);
        compare(seed, 2 * blocks / 3, 256);
        // These reach into another page, most of them within an instruction.
        compare(seed + 1, blocks / 3, 30);
    }

    private static void compare(long seed, int blocks, int beforePage) {
        var random = new SplittableRandom(seed);
        var forms = NativeForms.of(false);
        var in = new OracleState();
        var expected = new OracleState();
        var actual = new OracleState();
        try (var oracle = NativeOracle.open(beforePage);
                var machine = new BtMachine(random.nextBoolean() ? Fidelity.EXACT : Fidelity.USUAL).userMode()) {
            long place = oracle.codeAddress();
            long data = oracle.memoryAddress();
            var generator = new RandomBlock(random, RandomBlock.Purpose.PROCESSOR, forms, place, data);
            var tally = new TreeMap<String, Integer>();
            machine.map(place, BtMachine.CODE);
            machine.map(place + 4096, BtMachine.CODE + 4096);
            machine.map(BtMachine.STACK, BtMachine.STACK);
            machine.map(data, BtMachine.DATA);
            machine.map(data + 4096, BtMachine.DATA + 4096);
            machine.cpu.selector[Seg.SS] = 0x2B;
            for (int n = 0; n < blocks; n++) {
                generator.generate();
                fill(random, in);
                boolean crossing = random.nextInt(3) == 0;
                in.gpr[generator.base] =
                        data + (crossing ? 4096 + 32 * random.nextInt(-4, 4) : 1056 + 32 * random.nextInt(180));
                in.gpr[generator.index] = random.nextInt(RandomBlock.INDEXES);
                oracle.run(generator.code, in, expected);
                // The second time with everything translated and in the TLB.
                for (int time = 0; time < 2; time++) {
                    if (time == 0) {
                        machine.cpu.mmu.flushAll();
                        machine.code(BtMachine.CODE + (place & 4095), generator.code);
                    }
                    run(machine, in, actual, place);
                    check(seed, n, time, generator, in, expected, actual);
                }
                for (String form : generator.made) {
                    tally.merge(form, 1, Integer::sum);
                }
            }
            assertEquals(true, machine.translation.counters().blocks >= blocks, "blocks were translated");
            var missing = new ArrayList<>(forms.encodings().keySet());
            missing.removeAll(tally.keySet());
            missing.removeIf(NativeForms::elsewhere);
            System.out.printf(
                    "%,d blocks with %d of %d native forms, each at least %d times%n",
                    blocks,
                    tally.size(),
                    forms.encodings().size(),
                    tally.values().stream().min(Integer::compare).orElse(0));
            assertTrue(blocks < ENOUGH || missing.isEmpty(), () -> "native, and never made: " + missing);
        }
    }

    private static void fill(SplittableRandom random, OracleState state) {
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
        boolean uppers = random.nextBoolean();
        for (int n = 0; n < 32; n++) {
            state.ymm[n] = uppers ? number(random) : 0;
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

    private static void run(BtMachine machine, OracleState in, OracleState out, long rip) {
        System.arraycopy(in.gpr, 0, machine.cpu.r, 0, 16);
        machine.cpu.r[Gpr.RSP] = SPOT;
        machine.cpu.setFlags((int) in.rflags | Bits.IF);
        MemorySegment.copy(
                in.memory, 0, machine.ram.bytes(), ValueLayout.JAVA_BYTE, BtMachine.DATA, OracleState.MEMORY_BYTES);
        for (int n = 0; n < 16; n++) {
            machine.cpu.xmm[2 * n] = in.xmmLow(n);
            machine.cpu.xmm[2 * n + 1] = in.xmmHigh(n);
        }
        System.arraycopy(in.ymm, 0, machine.cpu.ymm, 0, 32);
        machine.cpu.mxcsr = in.mxcsr();
        machine.cpu.rip = rip;
        Stop stop = machine.run(true);
        assertEquals(Stop.SHUTDOWN, stop);
        System.arraycopy(machine.cpu.r, 0, out.gpr, 0, 16);
        out.gpr[Gpr.RSP] -= SPOT;
        for (int n = 0; n < 16; n++) {
            out.xmm(n, machine.cpu.xmm[2 * n], machine.cpu.xmm[2 * n + 1]);
        }
        System.arraycopy(machine.cpu.ymm, 0, out.ymm, 0, 32);
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
        return java.util.Arrays.equals(one.ymm, other.ymm);
    }

    private static String brief(OracleState state) {
        var text = new StringBuilder("flags %x ".formatted(state.rflags));
        for (int r = 0; r < 16; r++) {
            text.append("r%d=%x ".formatted(r, state.gpr[r]));
        }
        for (int n = 0; n < 16; n++) {
            text.append("y%d=%x_%x_%x_%x "
                    .formatted(n, state.ymm[2 * n + 1], state.ymm[2 * n], state.xmmHigh(n), state.xmmLow(n)));
        }
        return text.append("mxcsr %x".formatted(state.mxcsr()))
                .append(" memory ")
                .append(java.util.Arrays.hashCode(state.memory))
                .toString();
    }
}
