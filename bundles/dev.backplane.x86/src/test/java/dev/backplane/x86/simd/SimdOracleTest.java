package dev.backplane.x86.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.backplane.x86.interp.TestMachine;
import dev.backplane.x86.oracle.NativeOracle;
import dev.backplane.x86.oracle.OracleState;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Vector;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every MMX and SSE line of the opcode table against the host's processor: registers, MXCSR, x87 state, flags, memory. With
 * exceptions masked: an unmasked one would kill the process.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SimdOracleTest {
    private static final int CASES = Integer.getInteger("backplane.oracle.cases", 2000);
    private static final String ONLY = System.getProperty("backplane.oracle.only", "");
    private static final int STATES = 20;
    private static final int OPERAND = 0x400;

    private NativeOracle oracle;
    private TestMachine machine;

    @BeforeAll
    void open() {
        Assumptions.assumeTrue(NativeOracle.isAvailable(), "needs an x86-64 Linux host");
        oracle = NativeOracle.open();
        machine = new TestMachine(List.of(new SimdFamily())).userMode(oracle.memoryAddress());
        machine.cpu.cr0 |= Bits.CR0_NE;
    }

    @AfterAll
    void close() {
        if (oracle != null) {
            oracle.close();
        }
    }

    /** All but the estimates, which the manual leaves open. */
    static List<String> lines() {
        return !NativeOracle.isAvailable()
                ? List.of("none")
                : SimdForms.lines().stream()
                        .filter(line -> !line.matches(".* R(SQRT|CP)[PS]S .*") && line.matches(".*" + ONLY + ".*"))
                        .toList();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("lines")
    void lineBehavesAsOnTheHost(String line) {
        long seed = line.hashCode();
        var random = new Random(seed);
        var cases = new SimdCases(random);
        var in = new OracleState();
        var out = new OracleState();
        var actual = new OracleState();
        for (int n = 0; n < CASES / STATES; n++) {
            byte[] code = SimdForms.encode(line, OPERAND, random);
            machine.code(0, code);
            for (int s = 0; s < STATES; s++) {
                cases.fill(in, OPERAND);
                in.gpr[3] = oracle.memoryAddress();
                in.gpr[7] = oracle.memoryAddress() + OPERAND + random.nextInt(64);
                oracle.run(code, in, out);
                load(in);
                machine.cpu.rip = TestMachine.CODE;
                machine.run();
                String name = "%s, %s, seed %d".formatted(line, HexFormat.of().formatHex(code), seed);
                if (machine.vector != Vector.UD || machine.cpu.rip != TestMachine.CODE + code.length) {
                    fail("%s: exception %d at %x".formatted(name, machine.vector, machine.cpu.rip));
                }
                save(actual, out);
                if (!actual.sameAs(out)) {
                    assertEquals(out.toString(), actual.toString(), () -> "%s from%n%s".formatted(name, in));
                }
            }
        }
    }

    private void load(OracleState state) {
        machine.load(state);
        Cpu c = machine.cpu;
        for (int i = 0; i < 16; i++) {
            c.xmm[2 * i] = state.xmmLow(i);
            c.xmm[2 * i + 1] = state.xmmHigh(i);
        }
        c.mxcsr = state.mxcsr();
        c.fpu.loadControl(state.fcw());
        c.fpu.loadStatus(state.fsw());
        c.fpu.valid = state.ftw();
        for (int i = 0; i < 8; i++) {
            int physical = (state.fsw() >> 11) + i & 7;
            c.fpu.significand[physical] = state.stMantissa(i);
            c.fpu.signExponent[physical] = state.stSignExponent(i);
        }
    }

    private void save(OracleState state, OracleState pointers) {
        System.arraycopy(pointers.fx, 0, state.fx, 0, 512);
        machine.save(state);
        Cpu c = machine.cpu;
        for (int i = 0; i < 16; i++) {
            state.xmm(i, c.xmm[2 * i], c.xmm[2 * i + 1]);
        }
        state.mxcsr(c.mxcsr);
        state.fcw(c.fpu.control);
        state.fsw(c.fpu.status);
        state.ftw(c.fpu.valid);
        for (int i = 0; i < 8; i++) {
            int physical = (c.fpu.status >> 11) + i & 7;
            state.st(i, c.fpu.significand[physical], c.fpu.signExponent[physical]);
        }
    }
}
