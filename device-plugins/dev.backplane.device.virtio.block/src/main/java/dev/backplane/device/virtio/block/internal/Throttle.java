package dev.backplane.device.virtio.block.internal;

import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.device.virtio.Virtqueue;
import dev.backplane.api.rate.RateLimit;
import dev.backplane.api.rate.RateLimiter;
import dev.backplane.api.time.GuestTimer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Holds requests back that come faster than they may. All queues share the limit; each keeps at most one request that was taken and has to
 * wait, and what is behind it stays in the queue. The monitor guards it.
 */
final class Throttle implements AutoCloseable {
    private final DeviceContext context;
    private final @Nullable DescriptorChain[] waiting;
    private final List<GuestTimer> timers = new ArrayList<>();
    private RateLimiter limiter;

    /**
     * A limit.
     *
     * @param again has a queue processed, without blocking
     */
    Throttle(DeviceContext context, Optional<RateLimit> limit, int queues, IntConsumer again) {
        this.context = context;
        limiter = new RateLimiter(limit.orElse(RateLimit.NONE));
        waiting = new DescriptorChain[queues];
        for (int i = 0; i < queues; i++) {
            int queue = i;
            timers.add(context.timer(() -> again.accept(queue)));
        }
    }

    /** Another limit, with full buckets. What waits is looked at again at once. */
    synchronized void limit(Optional<RateLimit> limit) {
        limiter = new RateLimiter(limit.orElse(RateLimit.NONE));
        for (int i = 0; i < waiting.length; i++) {
            if (waiting[i] != null) {
                timers.get(i).arm(context.clock().nanos());
            }
        }
    }

    /** The next request that may be carried out now; null when there is none, or it has to wait. On the queue's thread. */
    synchronized @Nullable DescriptorChain next(int number, Virtqueue queue) {
        DescriptorChain chain = waiting[number];
        waiting[number] = null;
        if (chain == null) {
            chain = queue.next();
        }
        if (chain == null) {
            return null;
        }
        long now = context.clock().nanos();
        long wait = limiter.take(dataBytes(chain), now);
        if (wait == 0) {
            return chain;
        }
        waiting[number] = chain;
        timers.get(number).arm(now + wait);
        return null;
    }

    /** Header and status are no data. */
    private static long dataBytes(DescriptorChain chain) {
        return Math.max(0, chain.readableBytes() + chain.writableBytes() - BlockLayout.HEADER_BYTES - 1);
    }

    /** The device comes to rest. */
    synchronized void putBack(List<Virtqueue> queues) {
        for (int i = 0; i < waiting.length; i++) {
            DescriptorChain chain = waiting[i];
            if (chain != null) {
                waiting[i] = null;
                timers.get(i).cancel();
                queues.get(i).putBack(chain);
            }
        }
    }

    @Override
    public void close() {
        timers.forEach(GuestTimer::close);
    }
}
