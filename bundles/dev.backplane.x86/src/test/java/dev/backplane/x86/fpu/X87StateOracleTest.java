package dev.backplane.x86.fpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.x86.interp.TestMachine;
import dev.backplane.x86.oracle.HostCpu;
import dev.backplane.x86.oracle.NativeOracle;
import dev.backplane.x86.oracle.OracleState;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Vector;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The instructions that save and restore state, and some others end to end, against the host's processor. Where the last
 * instruction was is left out of images: the code runs at another address here, and processors differ in when they note it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class X87StateOracleTest {
    private static final int CASES = Integer.getInteger("backplane.oracle.cases", 2000);
    private static final int IMAGE = 0x400;

    private NativeOracle oracle;
    private TestMachine machine;

    @BeforeAll
    void open() {
        Assumptions.assumeTrue(NativeOracle.isAvailable(), "needs an x86-64 Linux host");
        Assumptions.assumeTrue(HostCpu.isIntel(), "needs an Intel processor: others differ in x87's corners");
        Assumptions.assumeTrue(HostCpu.has("xsave"), "needs a processor with XSAVE");
        oracle = NativeOracle.open();
        machine = new TestMachine(List.of(new X87Family())).userMode(oracle.memoryAddress());
        machine.cpu.cr0 |= Bits.CR0_NE;
        machine.cpu.cr4 |= Bits.CR4_OSXSAVE;
        machine.cpu.xcr0 = 3;
    }

    @AfterAll
    void close() {
        if (oracle != null) {
            oracle.close();
        }
    }

    /** A name, the code, with [rbx] as the operand, and the bytes of the image to leave out. */
    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "fldenv D923 0 0",
                "fldenv16 66D923 0 0",
                "fnstenv D933 12 28",
                "fnstenv16 66D933 6 14",
                "frstor DD23 0 0",
                "frstor16 66DD23 0 0",
                "fnsave DD33 12 28",
                "fnsave16 66DD33 6 14",
                "fldcw D92B 0 0",
                "fnstcw D93B 0 0",
                "fnstsw DD3B 0 0",
                "fnstsw_ax DFE0 0 0",
                "fxsave 0FAE03 6 24",
                "fxsave64 480FAE03 6 24",
                "fxrstor 0FAE0B 0 0",
                "fxrstor64 480FAE0B 0 0",
                "xsave 0FAE23 6 24",
                "xsave64 480FAE23 6 24",
                "xrstor 0FAE2B 0 0",
                "xrstor64 480FAE2B 0 0",
                "fldm80 DB2B 0 0",
                "fstpm80 DB3B 0 0",
                "fildm16 DF03 0 0",
                "fistpm16 DF1B 0 0",
                "fbstp DF33 0 0",
                "fcomi DBF1 0 0",
                "fcmovbe DAD1 0 0",
                "fnclex DBE2 0 0",
                "fninit DBE3 0 0"
            })
    void stateInstructionBehavesAsOnTheHost(String form) {
        String[] parts = form.split(" ");
        byte[] code = HexFormat.of().parseHex(parts[1]);
        long seed = form.hashCode();
        var random = new Random(seed);
        var cases = new X87Cases(random);
        var in = new OracleState();
        var expected = new OracleState();
        var actual = new OracleState();
        machine.code(0, code);
        for (int n = 0; n < CASES; n++) {
            cases.fill(in);
            fillRest(in, random, parts[0]);
            oracle.run(code, in, expected);
            load(in);
            machine.cpu.rip = TestMachine.CODE;
            machine.run();
            assertEquals(Vector.UD, machine.vector, form);
            assertEquals(TestMachine.CODE + code.length, machine.cpu.rip, form);
            save(actual);
            int from = Integer.parseInt(parts[2]);
            int to = Integer.parseInt(parts[3]);
            Arrays.fill(expected.memory, IMAGE + from, IMAGE + to, (byte) 0);
            Arrays.fill(actual.memory, IMAGE + from, IMAGE + to, (byte) 0);
            Arrays.fill(expected.fx, 6, 24, (byte) 0);
            Arrays.fill(actual.fx, 6, 24, (byte) 0);
            if (!expected.sameAs(actual)) {
                assertEquals(
                        expected.toString(),
                        actual.toString(),
                        () -> "%s, seed %d, from%n%s".formatted(form, seed, in));
            }
        }
    }

    private void fillRest(OracleState in, Random random, String name) {
        for (int i = 0; i < 16; i++) {
            boolean initial = random.nextInt(16) == 0;
            in.xmm(i, initial ? 0 : random.nextLong(), initial ? 0 : random.nextLong());
        }
        in.mxcsr(0x1F80 | random.nextInt(64));
        random.nextBytes(in.memory);
        in.gpr[3] = oracle.memoryAddress() + IMAGE;
        in.gpr[0] = random.nextInt(4);
        in.gpr[2] = 0;
        if (name.startsWith("fxrstor") || name.startsWith("x")) {
            in.memoryLong(IMAGE + 24, 0x1F80 | random.nextInt(64));
        }
        if (name.startsWith("x")) {
            Arrays.fill(in.memory, IMAGE + 512, IMAGE + 576, (byte) 0);
            in.memoryLong(IMAGE + 512, random.nextInt(4));
        }
    }

    private void load(OracleState state) {
        machine.load(state);
        Cpu c = machine.cpu;
        X87States.load(c.fpu, state);
        for (int i = 0; i < 16; i++) {
            c.xmm[2 * i] = state.xmmLow(i);
            c.xmm[2 * i + 1] = state.xmmHigh(i);
        }
        c.mxcsr = state.mxcsr();
    }

    private void save(OracleState state) {
        machine.save(state);
        Cpu c = machine.cpu;
        for (int i = 0; i < 16; i++) {
            state.xmm(i, c.xmm[2 * i], c.xmm[2 * i + 1]);
        }
        state.mxcsr(c.mxcsr);
        // The oracle's FXSAVE stores the mask of MXCSR's bits beside it.
        state.fx[28] = (byte) 0xFF;
        state.fx[29] = (byte) 0xFF;
        state.fcw(c.fpu.control);
        state.fsw(c.fpu.status);
        state.ftw(c.fpu.valid);
        for (int i = 0; i < 8; i++) {
            state.st(i, c.fpu.significand(i), c.fpu.signExponent(i));
        }
    }
}
