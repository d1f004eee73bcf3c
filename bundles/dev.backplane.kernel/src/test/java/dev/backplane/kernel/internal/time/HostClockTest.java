package dev.backplane.kernel.internal.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.time.GuestTimer;
import dev.backplane.kernel.internal.fake.TestHost;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HostClockTest {
    private final HostClock clock = new HostClock("test", 2_345_678_901L);

    @AfterEach
    void close() {
        clock.close();
    }

    @Test
    void aClockThatStandsDoesNotMoveAndOneThatGoesNeverGoesBack() {
        assertEquals(0, clock.nanos());
        clock.start();
        long last = 0;
        for (int i = 0; i < 10_000; i++) {
            long now = clock.nanos();
            assertTrue(now >= last);
            last = now;
            if (i % 1000 == 999) {
                clock.stop();
                long stopped = clock.nanos();
                assertEquals(stopped, clock.nanos());
                clock.start();
            }
        }
    }

    @Test
    void theMomentOfACounterValueIsTheFirstAtWhichTheCounterHasReachedIt() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 10_000; i++) {
            long tsc = random.nextLong() >>> 3 + random.nextInt(40);
            long at = clock.nanosAtTsc(tsc);
            assertTrue(tscAt(at) >= tsc, "seed " + seed + ": " + tsc);
            assertTrue(at == 0 || tscAt(at - 1) < tsc, "seed " + seed + ": " + tsc);
        }
        assertEquals(Long.MAX_VALUE, new HostClock("slow", 1_000_000).nanosAtTsc(-1));
    }

    private static long tscAt(long nanos) {
        return nanos / 1_000_000_000 * 2_345_678_901L + nanos % 1_000_000_000 * 2_345_678_901L / 1_000_000_000;
    }

    @Test
    void timersExpireInTheOrderOfTheirMoments() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        List<Long> fired = Collections.synchronizedList(new ArrayList<>());
        List<Long> expected = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            long at = random.nextInt(5_000_000);
            GuestTimer timer = clock.timer(() -> fired.add(at));
            timer.arm(random.nextInt(5_000_000));
            timer.arm(at);
            if (i % 3 == 0) {
                timer.cancel();
            } else {
                expected.add(at);
            }
        }
        Collections.sort(expected);
        Thread.sleep(10);
        assertEquals(List.of(), fired, "a clock that stands lets nothing expire");
        clock.start();
        TestHost.await("all expire", () -> fired.size() >= expected.size());
        assertEquals(expected, List.copyOf(fired), "seed " + seed);
    }

    @Test
    void aTimerThatArmsItselfGoesOnUntilItIsClosed() throws Exception {
        AtomicInteger ticks = new AtomicInteger();
        GuestTimer[] timer = new GuestTimer[1];
        timer[0] = clock.timer(() -> {
            ticks.incrementAndGet();
            timer[0].arm(clock.nanos() + 100_000);
        });
        timer[0].arm(0);
        clock.start();
        TestHost.await("it ticks", () -> ticks.get() > 10);
        timer[0].close();
        Thread.sleep(20);
        int after = ticks.get();
        Thread.sleep(20);
        assertEquals(after, ticks.get());
        assertFalse(ticks.get() == 0);
    }
}
