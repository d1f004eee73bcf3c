package dev.backplane.api.rate;

import org.jspecify.annotations.Nullable;

/**
 * Holds a part to a {@link RateLimit}: an operation goes on when there are tokens for it and for its bytes, and takes both then or
 * neither. Callable on any thread; allocates nothing.
 */
public final class RateLimiter {
    private static final long BURSTS_A_SECOND = 10;

    private final @Nullable TokenBucket operations;
    private final @Nullable TokenBucket bytes;

    /**
     * Full buckets.
     *
     * @param limit what is allowed
     */
    public RateLimiter(RateLimit limit) {
        operations = bucket(limit.operations(), limit.operationsBurst());
        bytes = bucket(limit.bytes(), limit.bytesBurst());
    }

    private static @Nullable TokenBucket bucket(long perSecond, long burst) {
        if (perSecond == 0) {
            return null;
        }
        long given = burst == 0 ? Math.ceilDiv(perSecond, BURSTS_A_SECOND) : burst;
        return new TokenBucket(perSecond, Math.min(given, TokenBucket.MOST_TOKENS));
    }

    /**
     * Lets one operation through, or says how long it has to wait. Nothing is taken unless zero is returned.
     *
     * @param length its bytes, up to {@link TokenBucket#MOST_TOKENS}
     * @param nowNanos the time
     * @return zero when it may go on; else how many nanoseconds later to ask again
     */
    public synchronized long take(long length, long nowNanos) {
        long wait = waitFor(length, nowNanos);
        if (wait == 0 && operations != null) {
            operations.take(1, nowNanos);
        }
        if (wait == 0 && bytes != null) {
            bytes.take(length, nowNanos);
        }
        return wait;
    }

    /**
     * How long {@link #take} would hold an operation back; takes nothing.
     *
     * @param length its bytes, up to {@link TokenBucket#MOST_TOKENS}
     * @param nowNanos the time
     * @return nanoseconds, zero when it could go on
     */
    public synchronized long waitFor(long length, long nowNanos) {
        long forOperation = operations == null ? 0 : operations.waitFor(1, nowNanos);
        return bytes == null ? forOperation : Math.max(forOperation, bytes.waitFor(length, nowNanos));
    }
}
