package dev.backplane.x86.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.x86.internal.softfloat.Exceptions;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import org.junit.jupiter.api.Test;

/** The arithmetic in integers against the host's own, and the fast paths against it, flags included. */
class SseArithmeticTest {
    private static final int CASES = 200_000;

    private final long seed = 7;
    private final Random random = new Random(seed);
    private final SseUnit slow = new SseUnit();
    private final SseUnit fast = new SseUnit();

    @FunctionalInterface
    private interface Operation {
        long apply(SseUnit u, long a, long b);
    }

    private long number() {
        long fraction = random.nextInt(3) == 0 ? random.nextLong() << random.nextInt(52) : random.nextLong();
        long exponent = random.nextInt(8) == 0 ? random.nextInt(2047) : random.nextInt(1000, 1050);
        if (random.nextInt(16) == 0) {
            exponent = random.nextInt(3);
        }
        return random.nextLong() & Long.MIN_VALUE | exponent << 52 | fraction & (1L << 52) - 1;
    }

    private void compare(String name, DoubleBinaryOperator host, Operation soft, Operation quick) {
        for (int n = 0; n < CASES; n++) {
            long a = number();
            long b = n % 5 == 0 ? a : number();
            slow.begin(Mxcsr.INITIAL);
            fast.begin(Mxcsr.INITIAL);
            double expected = host.applyAsDouble(Double.longBitsToDouble(a), Double.longBitsToDouble(b));
            long bits = soft.apply(slow, a, b);
            String what = "%s of %x and %x, seed %d".formatted(name, a, b, seed);
            if (Double.isNaN(expected)) {
                assertEquals(Format.DOUBLE.defaultNaN(), bits, what);
                assertEquals(Exceptions.INVALID, slow.raised & Exceptions.INVALID, what);
            } else {
                assertEquals(Double.doubleToRawLongBits(expected), bits, what);
            }
            assertEquals(bits, quick.apply(fast, a, b), what);
            assertEquals(slow.raised, fast.raised, what);
        }
    }

    @Test
    void sum() {
        compare("sum", (a, b) -> a + b, (u, a, b) -> SseArithmetic.add(u, Format.DOUBLE, a, b), HostDouble::add);
    }

    @Test
    void difference() {
        compare(
                "difference",
                (a, b) -> a - b,
                (u, a, b) -> SseArithmetic.subtract(u, Format.DOUBLE, a, b),
                HostDouble::subtract);
    }

    @Test
    void product() {
        compare(
                "product",
                (a, b) -> a * b,
                (u, a, b) -> SseArithmetic.multiply(u, Format.DOUBLE, a, b),
                HostDouble::multiply);
    }

    @Test
    void quotient() {
        compare(
                "quotient",
                (a, b) -> a / b,
                (u, a, b) -> SseArithmetic.divide(u, Format.DOUBLE, a, b),
                HostDouble::divide);
    }

    @Test
    void squareRoot() {
        compare(
                "square root",
                (a, b) -> Math.sqrt(b),
                (u, a, b) -> SseArithmetic.squareRoot(u, Format.DOUBLE, b),
                (u, a, b) -> HostDouble.squareRoot(u, b));
    }
}
