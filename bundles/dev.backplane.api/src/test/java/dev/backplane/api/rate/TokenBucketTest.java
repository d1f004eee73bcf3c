package dev.backplane.api.rate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TokenBucketTest {
    private static final long SECOND = 1_000_000_000;

    @Test
    void aFullBucketLetsABurstThroughAndThenTheRate() {
        TokenBucket bucket = new TokenBucket(100, 10);
        for (int i = 0; i < 10; i++) {
            assertEquals(0, bucket.take(1, 5));
        }
        assertEquals(SECOND / 100, bucket.take(1, 5));
        assertEquals(1, bucket.take(1, 4 + SECOND / 100));
        assertEquals(0, bucket.take(1, 5 + SECOND / 100));
        assertEquals(SECOND / 100, bucket.take(1, 5 + SECOND / 100));
    }

    @Test
    void aRestFillsItNoMoreThanItsCapacity() {
        TokenBucket bucket = new TokenBucket(Long.MAX_VALUE / 2, 3);
        assertEquals(0, bucket.take(3, 0));
        assertEquals(0, bucket.take(3, Long.MAX_VALUE));
        assertEquals(1, bucket.take(1, Long.MAX_VALUE));
    }

    @Test
    void aTakeLargerThanTheBucketNeedsAFullOneAndLeavesADebt() {
        TokenBucket bucket = new TokenBucket(10, 10);
        assertEquals(0, bucket.take(100, 0));
        assertEquals(9 * SECOND + SECOND / 10, bucket.take(1, 0));
        assertEquals(10 * SECOND, bucket.take(TokenBucket.MOST_TOKENS, 0));
        assertEquals(0, bucket.take(TokenBucket.MOST_TOKENS, 10 * SECOND));
    }

    @Test
    void aClockThatRunsBackwardsStandsStill() {
        TokenBucket bucket = new TokenBucket(1, 1);
        assertEquals(0, bucket.take(1, 100));
        assertEquals(SECOND, bucket.take(1, 50));
        assertEquals(0, bucket.take(1, 100 + SECOND));
    }

    /** Whoever waits as long as it is told gets neither more nor less than the rate, to the nanosecond. */
    @Test
    void overAnyTimeTheRateIsExact() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            long rate = 1 + random.nextLong(1L << 1 + random.nextInt(40));
            long burst = 1 + random.nextLong(1L << 1 + random.nextInt(31));
            TokenBucket bucket = new TokenBucket(rate, burst);
            long now = random.nextLong(SECOND);
            long began = now;
            BigInteger taken = BigInteger.ZERO;
            // A slow rate and a large bucket take longer than nanoseconds can count.
            for (int i = 0; i < 100 && now < 1L << 60; i++) {
                long tokens = 1 + random.nextLong(burst);
                for (long wait = bucket.take(tokens, now); wait > 0; wait = bucket.take(tokens, now)) {
                    assertTrue(bucket.waitFor(tokens, now + wait - 1) > 0 || wait == 1, "seed " + seed);
                    now += wait;
                }
                taken = taken.add(BigInteger.valueOf(tokens));
                BigInteger allowed = BigInteger.valueOf(now - began)
                        .multiply(BigInteger.valueOf(rate))
                        .divide(BigInteger.valueOf(SECOND))
                        .add(BigInteger.valueOf(burst));
                assertTrue(taken.compareTo(allowed) <= 0, "seed " + seed);
            }
        }
    }

    @Test
    void ratesAndTakesThatCannotBeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new TokenBucket(0, 1));
        assertThrows(IllegalArgumentException.class, () -> new TokenBucket(1, 0));
        assertThrows(IllegalArgumentException.class, () -> new TokenBucket(1, TokenBucket.MOST_TOKENS + 1));
        assertThrows(IllegalArgumentException.class, () -> new TokenBucket(1, 1).take(-1, 0));
    }

    @Test
    void anOperationTakesFromBothBucketsOrFromNone() {
        RateLimiter limiter = new RateLimiter(new RateLimit(10, 1000, 2, 100));
        assertEquals(0, limiter.take(100, 0));
        assertEquals(SECOND / 10, limiter.take(100, 0), "bytes are missing");
        assertEquals(0, limiter.take(0, 0), "the operation that was not used");
        assertEquals(SECOND / 10, limiter.take(0, 0), "operations are missing");
        assertEquals(0, limiter.take(100, SECOND / 10), "the bytes that were not used");
    }

    @Test
    void withoutALimitNothingWaits() {
        RateLimiter limiter = new RateLimiter(RateLimit.NONE);
        for (int i = 0; i < 1000; i++) {
            assertEquals(0, limiter.take(TokenBucket.MOST_TOKENS, 0));
        }
    }

    @Test
    void aSuccessorGoesOnWithWhatTheBucketHeldAndGetsNothingForTheTimeBetween() {
        RateLimit limit = new RateLimit(10, 1000, 2, 100);
        RateLimiter first = new RateLimiter(limit);
        assertEquals(0, first.take(90, 7 * SECOND));
        RateLimiter.Levels levels = first.levels(7 * SECOND);
        assertEquals(new RateLimiter.Levels(SECOND, 10 * SECOND), levels);
        RateLimiter next = new RateLimiter(limit);
        next.restore(levels);
        assertEquals(levels, next.levels(2 * SECOND), "its clock is another one");
        assertEquals(0, next.take(10, 2 * SECOND));
        assertEquals(SECOND / 10, next.take(0, 2 * SECOND), "operations are used up");
        assertEquals(0, next.take(100, 2 * SECOND + SECOND / 10));
    }

    @Test
    void aDebtIsOwedByTheSuccessorToo() {
        TokenBucket first = new TokenBucket(10, 10);
        assertEquals(0, first.take(100, 0));
        TokenBucket next = new TokenBucket(10, 10);
        next.restore(first.level(0));
        assertEquals(9 * SECOND + SECOND / 10, next.take(1, 50));
    }

    @Test
    void levelsThatCannotBeAreBounded() {
        TokenBucket bucket = new TokenBucket(Long.MAX_VALUE, TokenBucket.MOST_TOKENS);
        bucket.restore(Long.MIN_VALUE);
        assertEquals(1, bucket.take(TokenBucket.MOST_TOKENS, 0));
        assertEquals(0, bucket.take(TokenBucket.MOST_TOKENS, 1));
        bucket.restore(Long.MAX_VALUE);
        assertEquals(0, bucket.take(TokenBucket.MOST_TOKENS, 0));
        assertEquals(1, bucket.take(1, 0));
        RateLimiter other = new RateLimiter(new RateLimit(1, 0, 3, 0));
        other.restore(RateLimiter.Levels.FULL);
        assertEquals(new RateLimiter.Levels(3 * SECOND, Long.MAX_VALUE), other.levels(0));
    }
}
