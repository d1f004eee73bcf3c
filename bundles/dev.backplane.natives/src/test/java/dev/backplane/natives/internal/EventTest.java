package dev.backplane.natives.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.backplane.natives.HostException;
import dev.backplane.natives.event.EventCounter;
import dev.backplane.natives.event.EventPoller;
import dev.backplane.natives.event.HostEvents;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class EventTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final HostEvents events = new LinuxHost().events();

    @Test
    void signalsAddUpUntilTheyAreTaken() throws HostException {
        EventCounter counter = events.counter();
        assertEquals(0, counter.take());
        counter.signal();
        counter.signal();
        assertEquals(2, counter.take());
        assertEquals(0, counter.take());
        counter.close();
        counter.signal();
        assertEquals(0, counter.take());
    }

    /** The number of a closed counter is soon another one's. */
    @Test
    void signalsOfAClosedCounterHitNoOtherOne() throws Exception {
        for (int round = 0; round < 200; round++) {
            EventCounter closing = events.counter();
            Thread[] signallers = new Thread[2];
            for (int i = 0; i < signallers.length; i++) {
                signallers[i] = Thread.ofPlatform().start(() -> {
                    for (int signals = 0; signals < 200; signals++) {
                        closing.signal();
                    }
                });
            }
            closing.close();
            try (EventCounter next = events.counter()) {
                for (Thread signaller : signallers) {
                    signaller.join();
                }
                assertEquals(0, next.take());
            }
        }
    }

    @Test
    void aPollerTellsWhichOfManyWereSignalled() throws HostException {
        try (EventCounter one = events.counter();
                EventCounter two = events.counter();
                EventPoller poller = events.poller()) {
            poller.add(one, 1);
            poller.add(two, 2);
            two.signal();
            int[] keys = new int[4];
            assertEquals(1, poller.await(keys, LONG));
            assertEquals(2, keys[0]);
            poller.remove(two);
            assertEquals(0, poller.await(keys, Duration.ofMillis(1)));
            one.signal();
            assertEquals(1, poller.await(keys, LONG));
            assertEquals(1, keys[0]);
        }
    }

    @Test
    void aWakeEndsTheWaitThatComesAfterIt() throws HostException {
        try (EventPoller poller = events.poller()) {
            poller.wake();
            assertEquals(0, poller.await(new int[1], LONG));
        }
    }

    @Test
    void whoClosesAPollerEndsItsWait() throws Exception {
        EventPoller poller = events.poller();
        Thread closer = Thread.ofPlatform().start(() -> {
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            poller.close();
        });
        assertEquals(0, poller.await(new int[1], LONG));
        closer.join();
        assertThrows(IllegalStateException.class, () -> poller.await(new int[1], LONG));
    }
}
