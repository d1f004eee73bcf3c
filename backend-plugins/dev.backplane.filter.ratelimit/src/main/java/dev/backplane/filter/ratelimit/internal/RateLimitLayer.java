package dev.backplane.filter.ratelimit.internal;

import dev.backplane.api.part.Configurable;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Measured;
import dev.backplane.api.storage.FilterLayer;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Passes requests on when it is their turn. A flush is not limited: what it makes stable has been. Without a limit on all together reads and
 * writes wait in lines of their own, so that neither waits for the other.
 */
final class RateLimitLayer extends FilterLayer<RateLimitState> implements Configurable<RateLimitOptions>, Measured {
    private final Line first;
    private final Line second;
    private final LongSupplier nanos;
    private volatile Limits limits;
    private volatile RateLimitState saved;

    /** @param from what its buckets hold at first */
    RateLimitLayer(RateLimitOptions options, StorageContext context, LongSupplier nanos, RateLimitState from) {
        super(context.storage(options.on()));
        this.nanos = nanos;
        limits = new Limits(options).from(from);
        saved = from;
        first = new Line(context, nanos, this::limits);
        second = new Line(context, nanos, this::limits);
    }

    private Limits limits() {
        return limits;
    }

    @Override
    public void configure(RateLimitOptions options) {
        limits = new Limits(options);
        first.lookAgain();
        second.lookAgain();
    }

    private void await(boolean reading, long bytes) throws StorageException {
        Line line = reading || limits.together() ? first : second;
        line.pass(reading, bytes);
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        await(true, target.byteSize());
        super.read(offset, target);
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        await(false, source.byteSize());
        super.write(offset, source);
    }

    @Override
    public void discard(long offset, long bytes) throws StorageException {
        await(false, 0);
        super.discard(offset, bytes);
    }

    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        await(false, 0);
        super.zero(offset, bytes, mayDiscard);
    }

    @Override
    public Map<String, Long> statistics() {
        return Map.of("held-back", first.heldBack() + second.heldBack());
    }

    @Override
    public void quiesce(Deadline deadline) {
        saved = limits.levels(nanos.getAsLong());
    }

    @Override
    public RateLimitState save() {
        return saved;
    }
}
