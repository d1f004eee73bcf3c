package dev.backplane.api.rate;

/**
 * Lets so many tokens through a second, and a burst after a rest. The bucket is full at first. One take may be larger than the bucket:
 * it needs a full one, and leaves a debt that the time behind it pays, so that the rate holds for takes of any size. Exact: nothing is
 * lost to rounding, whatever the rate and however often it is asked. Callable on any thread; allocates nothing.
 *
 * <pre>{@code
 * long wait = bucket.take(length, clock.nanos());
 * if (wait > 0) {
 *     timer.armAfter(wait); // and take then: nothing has been taken yet
 * }
 * }</pre>
 */
public final class TokenBucket {
    /** The most tokens that the bucket holds or that are taken at once. */
    public static final long MOST_TOKENS = 1L << 32;

    /** The level counts these, so that any time adds a whole number of them. */
    private static final long PARTS = 1_000_000_000;

    private final long perSecond;
    private final long capacity;
    private long level;
    private long at = Long.MIN_VALUE;

    /**
     * A full bucket.
     *
     * @param perSecond tokens that come a second, at least 1
     * @param burst what it holds, 1 to {@link #MOST_TOKENS}
     */
    public TokenBucket(long perSecond, long burst) {
        if (perSecond < 1 || burst < 1 || burst > MOST_TOKENS) {
            throw new IllegalArgumentException("%d tokens a second, a burst of %d: expected at least 1, 1 to %d"
                    .formatted(perSecond, burst, MOST_TOKENS));
        }
        this.perSecond = perSecond;
        capacity = burst * PARTS;
        level = capacity;
    }

    /**
     * Takes tokens, or says how long there are not enough. Nothing is taken unless zero is returned.
     *
     * @param tokens how many, up to {@link #MOST_TOKENS}
     * @param nowNanos the time; where it runs backwards it stands still
     * @return zero when they are taken; else how many nanoseconds later they can be, if nobody takes any meanwhile
     */
    public synchronized long take(long tokens, long nowNanos) {
        long wait = waitFor(tokens, nowNanos);
        if (wait == 0) {
            level -= tokens * PARTS;
        }
        return wait;
    }

    /**
     * How long {@link #take} would be refused; takes nothing.
     *
     * @param tokens how many, up to {@link #MOST_TOKENS}
     * @param nowNanos the time
     * @return nanoseconds, zero when they could be taken
     */
    public synchronized long waitFor(long tokens, long nowNanos) {
        if (tokens < 0 || tokens > MOST_TOKENS) {
            throw new IllegalArgumentException("%d tokens: expected 0 to %d".formatted(tokens, MOST_TOKENS));
        }
        fill(nowNanos);
        long missing = Math.min(tokens * PARTS, capacity) - level;
        return missing <= 0 ? 0 : Math.ceilDiv(missing, perSecond);
    }

    /**
     * What it holds, for {@link #restore}.
     *
     * @param nowNanos the time
     * @return billionths of a token; below zero while a debt is owed
     */
    public synchronized long level(long nowNanos) {
        fill(nowNanos);
        return level;
    }

    /**
     * Goes on from what another bucket held. Time begins with the next call that tells it.
     *
     * @param level as {@link #level} returned it: what is more than this one holds makes a full bucket, a debt is at most that of {@link
     *     #MOST_TOKENS}
     */
    public synchronized void restore(long level) {
        this.level = Math.clamp(level, -MOST_TOKENS * PARTS, capacity);
        at = Long.MIN_VALUE;
    }

    private void fill(long nowNanos) {
        if (at == Long.MIN_VALUE) {
            at = nowNanos;
        }
        long passed = nowNanos - at;
        if (passed <= 0) {
            return;
        }
        at = nowNanos;
        // At most what is missing: the product cannot overflow.
        long missing = capacity - level;
        level = passed >= Math.ceilDiv(missing, perSecond) ? capacity : level + passed * perSecond;
    }
}
