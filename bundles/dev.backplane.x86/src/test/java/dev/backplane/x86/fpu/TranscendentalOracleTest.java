package dev.backplane.x86.fpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.backplane.x86.oracle.HostCpu;
import dev.backplane.x86.oracle.NativeOracle;
import dev.backplane.x86.oracle.OracleState;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The transcendental instructions against the host's processor. The manual promises an error below one unit of the last
 * place, so that results may be one apart, with the direction of rounding (C1) accordingly.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TranscendentalOracleTest {
    private static final int CASES = Integer.getInteger("backplane.oracle.cases", 3000);

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

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {"F2XM1 F0", "FYL2X F1", "FPTAN F2", "FPATAN F3", "FYL2XP1 F9", "FSINCOS FB", "FSIN FE", "FCOS FF"
            })
    void resultIsWithinOneUnitOfTheHosts(String form) {
        int modrm = Integer.parseInt(form.substring(form.indexOf(' ') + 1), 16);
        byte[] code = {(byte) 0xD9, (byte) modrm};
        long seed = form.hashCode();
        var random = new Random(seed);
        var cases = new X87Cases(random);
        var in = new OracleState();
        var out = new OracleState();
        var fpu = new Fpu();
        for (int n = 0; n < CASES; n++) {
            cases.fill(in);
            if (n % 4 != 0) {
                limit(in, random, modrm);
            }
            if (isUndefined(in, modrm)) {
                continue;
            }
            oracle.run(code, in, out);
            X87States.load(fpu, in);
            FpuRegisterForms.execute(fpu, 1, modrm, 0);
            compare(form, seed, in, out, fpu);
        }
    }

    /** Moves the operands to where the function is interesting. */
    private static void limit(OracleState in, Random random, int modrm) {
        for (int i = 0; i < 2; i++) {
            int exponent = switch (modrm) {
                case 0xF0 -> 0x3FFE - random.nextInt(random.nextBoolean() ? 4 : 70);
                case 0xF1 -> 0x3FFF + random.nextInt(-4, 4);
                case 0xF9 ->
                    i == 0 ? 0x3FFF - random.nextInt(random.nextBoolean() ? 5 : 70) : 0x3FFF + random.nextInt(-40, 40);
                case 0xF3 -> 0x3FFF + random.nextInt(-5, 5);
                default -> 0x3FFF + (random.nextBoolean() ? random.nextInt(-4, 4) : random.nextInt(-70, 63));
            };
            long significand = random.nextInt(4) == 0 ? in.stMantissa(i) : random.nextLong();
            in.st(i, significand | Long.MIN_VALUE, exponent | in.stSignExponent(i) & 0x8000);
        }
    }

    /** The logarithm of a number that is not positive: what the manual leaves open. */
    private static boolean isUndefined(OracleState in, int modrm) {
        int signExponent = in.stSignExponent(0);
        return modrm == 0xF9 && signExponent >= 0x8000 + 0x3FFF && signExponent != 0xFFFF && in.stMantissa(0) < 0;
    }

    private static void compare(String form, long seed, OracleState in, OracleState out, Fpu fpu) {
        String difference = null;
        if ((fpu.status & ~X87.C1) != (out.fsw() & ~X87.C1) || fpu.valid != out.ftw()) {
            difference = "state";
        }
        for (int i = 0; i < 8 && difference == null; i++) {
            long distance = distance(fpu.significand(i), fpu.signExponent(i), out.stMantissa(i), out.stSignExponent(i));
            if (distance > 1) {
                difference = "ST(%d)".formatted(i);
            }
        }
        if (difference != null) {
            String what = difference;
            assertEquals(
                    X87States.text(out),
                    X87States.text(fpu),
                    () -> "%s: %s, seed %d, from%n%s".formatted(form, what, seed, in));
            fail(form + ": " + what);
        }
    }

    /** Units of the last place between two numbers of the same sign. */
    private static long distance(long a, int aSe, long b, int bSe) {
        if (a == b && aSe == bSe) {
            return 0;
        }
        if ((aSe ^ bSe) > 0x7FFF) {
            return Long.MAX_VALUE;
        }
        return switch (aSe - bSe) {
            case 0 -> Math.abs(a - b);
            case 1 -> a == Long.MIN_VALUE && b == -1 ? 1 : Long.MAX_VALUE;
            case -1 -> b == Long.MIN_VALUE && a == -1 ? 1 : Long.MAX_VALUE;
            default -> Long.MAX_VALUE;
        };
    }
}
