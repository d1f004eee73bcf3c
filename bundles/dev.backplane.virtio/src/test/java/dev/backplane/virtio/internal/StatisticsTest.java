package dev.backplane.virtio.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.testkit.virtio.DriverRing;
import dev.backplane.testkit.virtio.VirtioDriver;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a device counts tells whether the driver waits for it, or it for the driver. */
class StatisticsTest extends Conformance {
    private final CountDownLatch looks = new CountDownLatch(1);

    private long count(String name) {
        return echo.port.statistics().getOrDefault("queue0-" + name, -1L);
    }

    private void awaitCount(String name, long expected) {
        VirtioDriver.await(name + " " + expected, () -> count(name) == expected);
    }

    @ParameterizedTest
    @ValueSource(longs = {EVENTS, PACKED | EVENTS})
    void buffersAreAvailableThenTakenThenGivenBackWithAnInterrupt(long features) {
        driver.start(features);
        exchange(0, 1);
        awaitCount("interrupts", 1);
        assertEquals(1, count("notified"));
        echo.holding = true;
        echo.looking = () -> {
            try {
                looks.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        };
        driver.notify(0);
        DriverRing ring = driver.ring(0);
        ring.add(bytes(1), 1);
        ring.add(bytes(2), 1);
        assertEquals(2, count("notified"));
        assertEquals((features & PACKED) == 0 ? 2 : 1, count("available"));
        assertEquals(0, count("taken"));
        looks.countDown();
        awaitCount("taken", 2);
        assertEquals(0, count("available"));
        bench.swap();
        ring.await();
        ring.await();
        awaitCount("taken", 0);
        assertEquals(0, count("notified"));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, PACKED})
    void ofAQueueThatIsNotEnabledOnlyNotificationsAreCounted(long features) {
        driver.negotiate(features);
        assertEquals(Map.of("queue0-notified", 0L, "queue1-notified", 0L), echo.port.statistics());
    }
}
