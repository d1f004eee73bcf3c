package dev.backplane.natives.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.natives.process.HostProcess;
import dev.backplane.natives.process.ThreadClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class ProcessTest {
    private final HostProcess process = new LinuxHost().process();

    @Test
    void theUserIdIsTheOneThatProcSays() throws IOException {
        Integer owner = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        assertEquals(owner, process.userId());
    }

    @Test
    void theThreadIdIsATaskOfThisProcess() {
        assertTrue(Files.exists(Path.of("/proc/self/task/" + process.threadId())));
    }

    @Test
    void aVirtualThreadHasNoId() throws InterruptedException {
        CompletableFuture<Integer> id = new CompletableFuture<>();
        Thread.ofVirtual()
                .start(() -> id.completeAsync(process::threadId, Runnable::run))
                .join();
        CompletionException error = assertThrows(CompletionException.class, id::join);
        assertTrue(error.getCause() instanceof IllegalStateException, error.toString());
    }

    @Test
    void aWorkingThreadsClockRunsAndASleepingOnesHardly() throws InterruptedException {
        CompletableFuture<ThreadClock> sleeper = new CompletableFuture<>();
        Thread sleeping = Thread.ofPlatform().daemon().start(() -> {
            sleeper.complete(process.threadClock());
            try {
                Thread.sleep(60_000);
            } catch (InterruptedException e) {
                return;
            }
        });
        sleeper.join();
        while (sleeping.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        ThreadClock own = process.threadClock();
        long start = own.nanos();
        long sleepersStart = sleeper.join().nanos();
        while (own.nanos() - start < 20_000_000) {
            Thread.onSpinWait();
        }
        assertTrue(sleeper.join().nanos() - sleepersStart < 20_000_000);
        sleeping.interrupt();
        sleeping.join();
        // A thread is joined a moment before the host's kernel has forgotten it.
        for (int i = 0; i < 1000 && answers(sleeper.join()); i++) {
            Thread.sleep(10);
        }
        assertThrows(IllegalStateException.class, () -> sleeper.join().nanos());
    }

    private static boolean answers(ThreadClock clock) {
        try {
            clock.nanos();
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }
}
