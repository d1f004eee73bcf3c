package dev.backplane.filter.ratelimit.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.Configurable;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.rate.RateLimit;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.MemoryStorage;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Time is the test's: nothing comes by waiting. */
@Timeout(120)
class RateLimitTest {
    private static final StorageRef ON = new StorageRef("below");
    private static final RateLimit ONE_A_SECOND = new RateLimit(1, 0, 1, 0);

    private final TestMachine machine = new TestMachine();
    private final MemoryStorage disk = machine.storage(ON);
    private final AtomicLong now = new AtomicLong();

    /** The filter with the test's clock. */
    private final class Clocked implements StorageOpener<RateLimitOptions, RateLimitState> {
        @Override
        public StorageLayer<RateLimitState> open(RateLimitOptions options, StorageContext context) {
            return restore(options, context, RateLimitState.FULL);
        }

        @Override
        public StorageLayer<RateLimitState> restore(
                RateLimitOptions options, StorageContext context, RateLimitState state) {
            return new RateLimitLayer(options, context, now::get, state);
        }
    }

    private static RateLimitOptions options(RateLimit total, RateLimit read, RateLimit write) {
        return new RateLimitOptions(ON, given(total), given(read), given(write));
    }

    private static Optional<RateLimit> given(RateLimit limit) {
        return limit.equals(RateLimit.NONE) ? Optional.empty() : Optional.of(limit);
    }

    private StorageBench<RateLimitOptions, RateLimitState> plug(RateLimitOptions options) {
        return StorageBench.plug(new Clocked(), options, machine);
    }

    private static FutureTask<String> start(Callable<String> body) {
        FutureTask<String> task = new FutureTask<>(body);
        Thread.ofPlatform().daemon().start(task);
        return task;
    }

    private FutureTask<String> write(Storage layer, int bytes) {
        return start(() -> {
            layer.write(0, MemorySegment.ofArray(new byte[bytes]));
            return "written";
        });
    }

    private static void read(Storage layer, int bytes) throws StorageException {
        layer.read(0, MemorySegment.ofArray(new byte[bytes]));
    }

    private static void awaitHeldBack(StorageBench<?, ?> bench, long count) throws InterruptedException {
        while (((RateLimitLayer) bench.layer()).statistics().get("held-back") < count) {
            Thread.sleep(1);
        }
    }

    private void pass(long seconds) {
        now.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
    }

    @Test
    void operationsWaitForTheirTurnAndAFlushForNothing() throws Exception {
        try (var bench = plug(options(ONE_A_SECOND, RateLimit.NONE, RateLimit.NONE))) {
            read(bench.layer(), 512);
            FutureTask<String> held = write(bench.layer(), 512);
            awaitHeldBack(bench, 1);
            bench.layer().flush();
            assertEquals(1, disk.flushes());
            assertFalse(held.isDone());
            pass(1);
            assertEquals("written", held.get());
        }
    }

    @Test
    void readsDoNotWaitForWritesThatHaveALimitOfTheirOwn() throws Exception {
        try (var bench = plug(options(RateLimit.NONE, RateLimit.NONE, ONE_A_SECOND))) {
            bench.layer().zero(0, 512, true);
            FutureTask<String> held = start(() -> {
                bench.layer().discard(0, 512);
                return "discarded";
            });
            awaitHeldBack(bench, 1);
            for (int i = 0; i < 100; i++) {
                read(bench.layer(), 512);
            }
            assertFalse(held.isDone());
            pass(1);
            assertEquals("discarded", held.get());
        }
    }

    @Test
    void bytesCountAndWhatIsTooLongForTheBucketLeavesADebt() throws Exception {
        RateLimit limit = new RateLimit(0, 1000, 0, 2000);
        try (var bench = plug(options(RateLimit.NONE, limit, RateLimit.NONE))) {
            write(bench.layer(), 100_000).get();
            read(bench.layer(), 5000);
            FutureTask<String> held = start(() -> {
                read(bench.layer(), 1000);
                return "read";
            });
            awaitHeldBack(bench, 1);
            pass(3);
            bench.layer().flush();
            assertFalse(held.isDone(), "3000 bytes are still owed");
            pass(1);
            assertEquals("read", held.get());
        }
    }

    @Test
    void thoseThatWaitKeepTheirOrderAlsoIfOneNeedsMore() throws Exception {
        RateLimit limit = new RateLimit(0, 1000, 0, 1000);
        List<Long> order = new CopyOnWriteArrayList<>();
        try (var bench = plug(options(limit, RateLimit.NONE, RateLimit.NONE))) {
            read(bench.layer(), 1000);
            FutureTask<String> first = start(() -> {
                read(bench.layer(), 1000);
                order.add(1000L);
                return "read";
            });
            awaitHeldBack(bench, 1);
            FutureTask<String> second = start(() -> {
                read(bench.layer(), 1);
                order.add(1L);
                return "read";
            });
            awaitHeldBack(bench, 2);
            now.addAndGet(TimeUnit.MILLISECONDS.toNanos(500));
            // Enough for the second alone.
            assertFalse(second.isDone());
            now.addAndGet(TimeUnit.MILLISECONDS.toNanos(500));
            first.get();
            pass(1);
            second.get();
            assertEquals(List.of(1000L, 1L), order);
        }
    }

    @Test
    void whatWaitsIsHandedBackWhenTheLayerComesToRestAndHasTakenNothing() throws Exception {
        try (var bench = plug(options(ONE_A_SECOND, RateLimit.NONE, RateLimit.NONE))) {
            read(bench.layer(), 512);
            List<FutureTask<String>> held =
                    List.of(write(bench.layer(), 1), write(bench.layer(), 1), write(bench.layer(), 1));
            awaitHeldBack(bench, 3);
            bench.quiesce();
            for (FutureTask<String> each : held) {
                var back = assertThrows(ExecutionException.class, each::get);
                assertEquals(Kind.AWAY, ((StorageException) back.getCause()).kind());
            }
            bench.resume(Resumption.STARTED);
            pass(1);
            read(bench.layer(), 512);
        }
    }

    @Test
    void limitsChangeWhileRequestsWaitForOldOnes() throws Exception {
        try (var bench = plug(options(RateLimit.NONE, RateLimit.NONE, ONE_A_SECOND))) {
            write(bench.layer(), 1).get();
            List<FutureTask<String>> held = List.of(write(bench.layer(), 1), write(bench.layer(), 1));
            awaitHeldBack(bench, 2);
            configure(bench.layer(), options(RateLimit.NONE, RateLimit.NONE, RateLimit.NONE));
            for (FutureTask<String> each : held) {
                each.get();
            }
            configure(bench.layer(), options(ONE_A_SECOND, RateLimit.NONE, RateLimit.NONE));
            read(bench.layer(), 1);
            FutureTask<String> again = write(bench.layer(), 1);
            awaitHeldBack(bench, 3);
            assertFalse(again.isDone());
            pass(1);
            again.get();
        }
    }

    @SuppressWarnings("unchecked")
    private static void configure(StorageLayer<RateLimitState> layer, RateLimitOptions options) throws Exception {
        ((Configurable<RateLimitOptions>) layer).configure(options);
    }

    @Test
    void aSuccessorGetsNoBurstThatWasUsedUp() throws Exception {
        RateLimit limit = new RateLimit(1, 1000, 3, 1000);
        try (var bench = plug(options(limit, RateLimit.NONE, ONE_A_SECOND))) {
            write(bench.layer(), 900).get();
            for (int i = 0; i < 3; i++) {
                RateLimitState moved = bench.swap();
                assertEquals(2_000_000_000L, moved.total().operations());
                assertEquals(100_000_000_000L, moved.total().bytes());
                assertEquals(0, moved.write().operations());
                // No time of the clock has passed for the buckets.
                now.addAndGet(-77);
            }
            read(bench.layer(), 100);
            FutureTask<String> held = write(bench.layer(), 100);
            awaitHeldBack(bench, 1);
            assertFalse(held.isDone());
            pass(1);
            held.get();
        }
    }

    @Test
    void theStateOfTheFirstVersionMeansFullBuckets() {
        Map<?, ?> fields = RateLimitState.upgrade(1, Map.of());
        assertEquals(Set.of("total", "read", "write"), fields.keySet());
        assertEquals(Map.of("operations", Long.MAX_VALUE, "bytes", Long.MAX_VALUE), fields.get("total"));
    }

    @Test
    void anInterruptCancelsNothing() throws Exception {
        try (var bench = plug(options(ONE_A_SECOND, RateLimit.NONE, RateLimit.NONE))) {
            read(bench.layer(), 1);
            AtomicLong interrupted = new AtomicLong();
            Thread waits = Thread.ofPlatform().daemon().start(() -> {
                try {
                    read(bench.layer(), 1);
                } catch (StorageException e) {
                    throw new AssertionError(e);
                }
                interrupted.set(Thread.currentThread().isInterrupted() ? 1 : -1);
            });
            awaitHeldBack(bench, 1);
            waits.interrupt();
            pass(1);
            waits.join();
            assertEquals(1, interrupted.get());
            assertTrue(disk.isWritable());
        }
    }
}
