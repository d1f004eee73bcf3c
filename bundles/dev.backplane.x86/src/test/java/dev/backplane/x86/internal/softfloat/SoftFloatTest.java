package dev.backplane.x86.internal.softfloat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The integer arithmetic below the units against big integers, on any host. */
class SoftFloatTest {
    private static final int CASES = 20_000;
    private static final long TOP = Long.MIN_VALUE;

    private final long seed = 42;
    private final Random random = new Random(seed);

    private static BigInteger unsigned(long value) {
        return new BigInteger(Long.toUnsignedString(value));
    }

    private static BigInteger unsigned(long high, long low) {
        return unsigned(high).shiftLeft(64).add(unsigned(low));
    }

    private long significand() {
        return TOP | (random.nextInt(4) == 0 ? random.nextLong() << random.nextInt(64) : random.nextLong());
    }

    @Test
    void wideDivisionGivesQuotientAndRemainder() {
        for (int n = 0; n < CASES; n++) {
            long divisor = significand();
            long high = Long.remainderUnsigned(random.nextLong(), divisor);
            long low = random.nextInt(4) == 0 ? -1 : random.nextLong();
            BigInteger[] expected = unsigned(high, low).divideAndRemainder(unsigned(divisor));
            long quotient = Wide.divide(high, low, divisor);
            assertEquals(expected[0], unsigned(quotient), "seed " + seed);
            assertEquals(expected[1], unsigned(low - quotient * divisor), "seed " + seed);
        }
    }

    @Test
    void squareRootIsExactToTheBit() {
        var soft = new SoftFloat();
        for (int n = 0; n < CASES; n++) {
            long a = n == 0 ? -1 : significand();
            int exponent = n & 1;
            soft.squareRoot(exponent, a);
            BigInteger radicand = unsigned(a).shiftLeft(63 + exponent);
            BigInteger[] expected = radicand.sqrtAndRemainder();
            assertEquals(expected[0], unsigned(soft.high), "seed " + seed);
            assertEquals(expected[1].signum() != 0, soft.low != 0);
            assertEquals(expected[1].compareTo(expected[0]) > 0, soft.low < 0, "the next bit");
        }
    }

    @Test
    void differenceOfNeighboursIsExact() {
        var soft = new SoftFloat();
        soft.add(false, 5, TOP, true, 4, -1);
        assertEquals(TOP, soft.high);
        assertEquals(0, soft.low);
        assertEquals(5 - 64, soft.exponent);
        assertFalse(soft.negative);
    }

    @Test
    void differenceOfFarNumbersRemembersThatItIsInexact() {
        var soft = new SoftFloat();
        soft.add(false, 1000, TOP, true, -1000, TOP);
        assertTrue(soft.round(64, Rounding.ZERO));
        assertEquals(-1, soft.high);
        assertEquals(999, soft.exponent);
    }

    @ParameterizedTest
    @CsvSource({
        // mode, negative, low half, whether the magnitude grows
        "0, false, 8000000000000000, false",
        "0, false, 8000000000000001, true",
        "1, false, ffffffffffffffff, false",
        "1, true, 1, true",
        "2, false, 1, true",
        "2, true, ffffffffffffffff, false",
        "3, true, ffffffffffffffff, false"
    })
    void roundingTo64BitsFollowsTheMode(int mode, boolean negative, String low, boolean up) {
        var soft = new SoftFloat();
        soft.set(negative, 0, TOP);
        soft.low = Long.parseUnsignedLong(low, 16);
        assertTrue(soft.round(64, mode));
        assertEquals(up, soft.roundedUp);
        assertEquals(up ? TOP + 1 : TOP, soft.high);
    }

    @Test
    void aResultRoundedUpToTheSmallestNormalIsNotTinyOnlyIfItsOwnPrecisionSaysSo() {
        var soft = new SoftFloat();
        soft.set(false, -1023, -1L << 10); // 54 ones below the smallest double
        soft.round(53, Rounding.NEAREST, -1022, 1023, true);
        assertEquals(Exceptions.INEXACT, soft.raised, "54 ones round to the next power of two");
        soft.set(false, -1023, -1L << 11); // 53 ones
        soft.round(53, Rounding.NEAREST, -1022, 1023, true);
        assertEquals(Exceptions.INEXACT | Exceptions.UNDERFLOW, soft.raised, "tiny, though the denormal rounds up too");
        assertEquals(TOP, soft.high);
    }

    @Test
    void preciseArithmeticAgreesWithBigIntegers() {
        for (int n = 0; n < CASES; n++) {
            var a = new Precise()
                    .set(random.nextBoolean(), random.nextInt(-100, 100), significand(), random.nextLong());
            var b = new Precise()
                    .set(random.nextBoolean(), random.nextInt(-100, 100), significand(), random.nextLong());
            BigInteger x = unsigned(a.high, a.low);
            BigInteger y = unsigned(b.high, b.low);
            var product = new Precise().set(a).multiply(b);
            assertClose(x.multiply(y), a.exponent + b.exponent - 254, product);
            var quotient = new Precise().set(a).divide(b);
            assertClose(x.shiftLeft(200).divide(y), a.exponent - b.exponent - 200, quotient);
            int small = random.nextInt(1, 1 << 20);
            var part = new Precise().set(a).divide(small);
            assertClose(x.shiftLeft(100).divide(BigInteger.valueOf(small)), a.exponent - 227, part);
            assertEquals(a.negative != b.negative, product.negative);
            assertEquals(a.negative != b.negative, quotient.negative);
        }
    }

    /** The number's magnitude is value * 2^exponent, to within a few units of its last place. */
    private void assertClose(BigInteger value, int exponent, Precise number) {
        int shift = value.bitLength() - 128;
        assertEquals(exponent + value.bitLength() - 1, number.exponent, "seed " + seed);
        BigInteger difference = value.shiftRight(shift)
                .subtract(unsigned(number.high, number.low))
                .abs();
        assertTrue(difference.bitLength() <= 3, () -> "off by " + difference + ", seed " + seed);
    }
}
