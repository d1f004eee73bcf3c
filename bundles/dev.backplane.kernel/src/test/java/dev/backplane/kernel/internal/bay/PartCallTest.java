package dev.backplane.kernel.internal.bay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.Deadline;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class PartCallTest {
    private final CallThreads threads = new CallThreads();

    @Test
    void aThreadThatSomebodyKeepsDoesNotKeepWhatItCalledNorItsResult() throws InterruptedException {
        AtomicReference<Thread> kept = new AtomicReference<>();
        WeakReference<Object> part = called(kept);
        for (int i = 0; i < 50 && part.get() != null; i++) {
            System.gc();
            Thread.sleep(20);
        }
        assertNull(part.get());
        kept.get().join(Duration.ofMinutes(1));
        assertFalse(kept.get().isAlive());
    }

    private WeakReference<Object> called(AtomicReference<Thread> kept) {
        Object part = new Object();
        assertEquals(part, ended(() -> {
            kept.set(Thread.currentThread());
            return part;
        }));
        return new WeakReference<>(part);
    }

    private <T> T ended(Callable<T> body) {
        PartCall<T> call = PartCall.start(threads, "web/com1", "create", body);
        assertTrue(call.await(Deadline.in(Duration.ofMinutes(1))));
        return call.value().orElseThrow();
    }

    @Test
    void whileACallHangsOthersAreMadeOnOtherThreads() {
        CountDownLatch hangs = new CountDownLatch(1);
        AtomicReference<Thread> hanging = new AtomicReference<>();
        PartCall<Object> call = PartCall.start(threads, "web/com1", "quiesce", () -> {
            hanging.set(Thread.currentThread());
            hangs.await();
            return "";
        });
        assertFalse(call.await(Deadline.in(Duration.ofMillis(50))));
        for (int i = 0; i < 10; i++) {
            assertNotSame(hanging.get(), ended(Thread::currentThread));
        }
        hangs.countDown();
        assertTrue(call.await(Deadline.in(Duration.ofMinutes(1))));
    }

    @Test
    void whatACallLeavesInItsThreadIsGoneInTheNextOne() throws InterruptedException {
        for (int i = 0; i < 10; i++) {
            CountDownLatch began = new CountDownLatch(1);
            PartCall<Object> call = PartCall.start(threads, "web/com1", "quiesce", () -> {
                Thread.currentThread().setContextClassLoader(ClassLoader.getSystemClassLoader());
                began.countDown();
                Thread.sleep(Duration.ofMinutes(1));
                return "";
            });
            began.await();
            call.interrupt();
            assertTrue(call.await(Deadline.in(Duration.ofMinutes(1))));
            // Comes too late, as it may for one that has just ended.
            call.interrupt();
            assertEquals("web/com1/create, false, null", ended(() -> {
                Thread thread = Thread.currentThread();
                return "%s, %s, %s".formatted(thread.getName(), thread.isInterrupted(), thread.getContextClassLoader());
            }));
        }
    }
}
