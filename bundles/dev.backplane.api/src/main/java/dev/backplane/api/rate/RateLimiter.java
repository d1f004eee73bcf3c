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

    /**
     * What the buckets hold, as plain data for a state, in billionths: a part that is replaced, or goes on from a snapshot, is owed no fresh burst.
     *
     * @param operations of an operation
     * @param bytes of a byte
     */
    public record Levels(long operations, long bytes) {
        /** Full buckets, whatever they hold; also what is not limited has them. */
        public static final Levels FULL = new Levels(Long.MAX_VALUE, Long.MAX_VALUE);
    }

    /**
     * What the buckets hold, for {@link #restore}.
     *
     * @param nowNanos the time
     * @return levels of this moment
     */
    public synchronized Levels levels(long nowNanos) {
        return new Levels(
                operations == null ? Long.MAX_VALUE : operations.level(nowNanos),
                bytes == null ? Long.MAX_VALUE : bytes.level(nowNanos));
    }

    /**
     * Goes on from what other buckets held. Time begins with the next call that tells it.
     *
     * @param levels as {@link #levels} returned them, perhaps of another limit
     */
    public synchronized void restore(Levels levels) {
        if (operations != null) {
            operations.restore(levels.operations());
        }
        if (bytes != null) {
            bytes.restore(levels.bytes());
        }
    }
}
