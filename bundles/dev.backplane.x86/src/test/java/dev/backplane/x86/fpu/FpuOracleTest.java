package dev.backplane.x86.fpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.x86.oracle.HostCpu;
import dev.backplane.x86.oracle.NativeOracle;
import dev.backplane.x86.oracle.OracleState;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every exact x87 instruction against the host's processor: results, tags, exceptions, condition codes, flags. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FpuOracleTest {
    private static final int CASES = Integer.getInteger("backplane.oracle.cases", 3000);
    private static final int OPERAND = 128;

    private NativeOracle oracle;

    @BeforeAll
    void open() {
        Assumptions.assumeTrue(NativeOracle.isAvailable(), "needs an x86-64 Linux host");
        Assumptions.assumeTrue(HostCpu.isIntel(), "needs an Intel processor: others differ in x87's corners");
        oracle = NativeOracle.open();
    }

    @AfterAll
    void close() {
        if (oracle != null) {
            oracle.close();
        }
    }

    static Stream<String> registerForms() {
        List<String> forms = new ArrayList<>();
        for (int escape = 0; escape < 8; escape++) {
            for (int modrm = 0xC0; modrm < 0x100; modrm++) {
                boolean handled = escape == 7 && modrm == 0xE0 || TranscendentalForms.contains(escape, modrm);
                int i = modrm & 7;
                boolean exists = FpuRegisterForms.isDefined(escape, modrm);
                if (exists && !handled && (i < 3 || i == 7 || escape == 1 && modrm >= 0xE0)) {
                    forms.add("D%X %02X".formatted(8 + escape, modrm));
                }
            }
        }
        return forms.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("registerForms")
    void registerFormBehavesAsOnTheHost(String form) {
        int escape = Integer.parseInt(form.substring(1, 2), 16) - 8;
        int modrm = Integer.parseInt(form.substring(3), 16);
        byte[] code = {(byte) (0xD8 | escape), (byte) modrm};
        long seed = form.hashCode();
        var cases = new X87Cases(new Random(seed));
        var in = new OracleState();
        var out = new OracleState();
        var fpu = new Fpu();
        for (int n = 0; n < CASES; n++) {
            cases.fill(in);
            oracle.run(code, in, out);
            X87States.load(fpu, in);
            long flags = FpuRegisterForms.execute(fpu, escape, modrm, in.rflags);
            String actual = X87States.text(fpu) + " rflags=%x".formatted(flags);
            String expected = X87States.text(out) + " rflags=%x".formatted(out.rflags);
            if (!expected.equals(actual)) {
                assertEquals(expected, actual, () -> "%s, case of seed %d, from%n%s".formatted(form, seed, in));
            }
        }
    }

    static Stream<String> memoryForms() {
        List<String> forms = new ArrayList<>();
        for (int form = 0; form < 64; form++) {
            if (FpuMemoryForms.loadBytes(form) != 0 || FpuMemoryForms.storeBytes(form) != 0) {
                forms.add("D%X /%d".formatted(8 + (form >> 3), form & 7));
            }
        }
        return forms.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("memoryForms")
    void memoryFormBehavesAsOnTheHost(String text) {
        int form = (Integer.parseInt(text.substring(1, 2), 16) - 8) << 3 | text.charAt(4) - '0';
        byte[] code = {(byte) (0xD8 | form >> 3), (byte) (form << 3 & 0x38 | 3)}; // [rbx]
        long seed = text.hashCode();
        var random = new Random(seed);
        var cases = new X87Cases(random);
        var in = new OracleState();
        var out = new OracleState();
        var fpu = new Fpu();
        for (int n = 0; n < CASES; n++) {
            cases.fill(in);
            in.gpr[3] = oracle.memoryAddress() + OPERAND;
            operand(cases, random, form, in);
            oracle.run(code, in, out);
            X87States.load(fpu, in);
            String actual = execute(fpu, form, in);
            String expected = X87States.text(out) + " memory=%016x %04x".formatted(memoryLow(out), memoryHigh(out));
            if (!expected.equals(actual)) {
                assertEquals(expected, actual, () -> "%s, case of seed %d, from%n%s".formatted(text, seed, in));
            }
        }
    }

    private static void operand(X87Cases cases, Random random, int form, OracleState in) {
        long low = switch (FpuMemoryForms.loadBytes(form)) {
            case 4 -> form >> 3 == 2 || form == 0x18 ? random.nextInt() >> random.nextInt(32) : cases.single();
            case 8 -> form == 0x3D ? random.nextLong() >> random.nextInt(64) : cases.dbl();
            default -> random.nextLong() >> random.nextInt(64);
        };
        int high = random.nextInt();
        if (form == 0x3C) {
            low = Long.parseLong(Long.toString(random.nextLong(0, 1_000_000_000_000_000L)), 16);
            high = Integer.parseInt(Integer.toString(random.nextInt(0, 100)), 16) | high & 0x8000;
        }
        in.memoryLong(OPERAND, low);
        in.memoryLong(OPERAND + 8, high & 0xFFFF);
    }

    private static String execute(Fpu fpu, int form, OracleState in) {
        long low = memoryLow(in);
        int high = memoryHigh(in);
        int bytes = FpuMemoryForms.storeBytes(form);
        if (bytes == 0) {
            FpuMemoryForms.load(fpu, form, low, high);
        } else {
            boolean write = FpuMemoryForms.prepareStore(fpu, form);
            if (write) {
                long kept = bytes < 8 ? -1L << 8 * bytes : 0;
                low = low & kept | fpu.storeLow() & ~kept;
                high = bytes == 10 ? fpu.storeHigh() : high;
            }
            FpuMemoryForms.commitStore(fpu, form, write);
        }
        return X87States.text(fpu) + " memory=%016x %04x".formatted(low, high);
    }

    private static long memoryLow(OracleState state) {
        return state.memoryLong(OPERAND);
    }

    private static int memoryHigh(OracleState state) {
        return (int) state.memoryLong(OPERAND + 8);
    }
}
