package dev.backplane.kernel.internal.bay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.Deadline;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class PartCallTest {
    @Test
    void aThreadThatSomebodyKeepsDoesNotKeepWhatItCalledNorItsResult() throws InterruptedException {
        AtomicReference<Thread> kept = new AtomicReference<>();
        WeakReference<Object> part = called(kept);
        kept.get().join();
        for (int i = 0; i < 50 && part.get() != null; i++) {
            System.gc();
            Thread.sleep(20);
        }
        assertNull(part.get());
        assertTrue(!kept.get().isAlive());
    }

    private static WeakReference<Object> called(AtomicReference<Thread> kept) {
        Object part = new Object();
        PartCall<Object> call = PartCall.start("web/com1", "create", () -> {
            kept.set(Thread.currentThread());
            return part;
        });
        assertTrue(call.await(Deadline.in(Duration.ofSeconds(10))));
        assertEquals(part, call.value().orElseThrow());
        return new WeakReference<>(part);
    }
}
