package dev.backplane.x86.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** RCPPS and RSQRTPS promise a relative error of at most 1.5 * 2^-12. */
class SseEstimateTest {
    private static final double BOUND = 1.5 / 4096;

    @Test
    void estimatesOfNormalNumbersAreWithinTheBound() {
        long seed = 1;
        var random = new Random(seed);
        for (int n = 0; n < 200_000; n++) {
            float a = Float.intBitsToFloat(random.nextInt(0x0080_0000, 0x7E00_0000));
            double reciprocal = Float.intBitsToFloat(SseEstimate.reciprocal(Float.floatToRawIntBits(a)));
            assertEquals(1, reciprocal * a, BOUND, () -> "1 / %s, seed %d".formatted(a, seed));
            double root = Float.intBitsToFloat(SseEstimate.reciprocalRoot(Float.floatToRawIntBits(a)));
            assertEquals(1, root * Math.sqrt(a), BOUND, () -> "1 / sqrt(%s), seed %d".formatted(a, seed));
        }
    }

    @Test
    void specialOperandsGiveSpecialResults() {
        int infinity = 0x7F80_0000;
        assertEquals(infinity, SseEstimate.reciprocal(0));
        assertEquals(infinity | Integer.MIN_VALUE, SseEstimate.reciprocal(Integer.MIN_VALUE | 1), "a denormal is zero");
        assertEquals(0, SseEstimate.reciprocal(infinity));
        assertEquals(0x7FC0_0001, SseEstimate.reciprocal(0x7F80_0001), "quieted");
        assertEquals(0, SseEstimate.reciprocal(0x7F00_0001), "too small");
        assertEquals(0xFFC0_0000, SseEstimate.reciprocalRoot(0xBF80_0000));
        assertEquals(0xFF80_0000, SseEstimate.reciprocalRoot(Integer.MIN_VALUE));
        assertEquals(0, SseEstimate.reciprocalRoot(infinity));
    }
}
