package dev.backplane.kernel.internal.bay;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The threads of one part: up to 16, made when there is work and gone when there is none. Tasks are never interrupted: an
 * interrupted reader closes a file channel for everybody. At the part's end waiting tasks are dropped, and those that run
 * come back to a context that throws.
 */
final class PartExecutor implements Executor {
    private static final int THREADS = 16;
    private static final long IDLE_SECONDS = 2;

    private final Lifeline lifeline;
    private final Consumer<Throwable> failures;
    private final AtomicInteger running = new AtomicInteger();
    private final ThreadPoolExecutor pool;

    PartExecutor(String part, Lifeline lifeline, Consumer<Throwable> failures) {
        this.lifeline = lifeline;
        this.failures = failures;
        // Made by our own frames: the pool starts threads from whatever frame hands it a task, the plugin's included.
        pool = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                task -> thread(part, task));
        pool.allowCoreThreadTimeOut(true);
    }

    private static Thread thread(String part, Runnable task) {
        Thread thread = Thread.ofPlatform()
                .name(part + "/worker")
                .daemon()
                .inheritInheritableThreadLocals(false)
                .unstarted(task);
        thread.setContextClassLoader(null);
        return thread;
    }

    @Override
    public void execute(Runnable task) {
        lifeline.check();
        pool.execute(() -> run(task));
    }

    private void run(Runnable task) {
        running.incrementAndGet();
        try {
            if (!lifeline.isCut()) {
                task.run();
            }
        } catch (RuntimeException | Error e) {
            if (!lifeline.isCut()) {
                failures.accept(e);
            }
        } finally {
            running.decrementAndGet();
        }
    }

    /** Whether no task runs. Tasks may wait. */
    boolean idle() {
        return running.get() == 0;
    }

    /** Drops what waits and lets the threads go. The lifeline has been cut. */
    void shutDown() {
        pool.getQueue().clear();
        pool.shutdown();
    }
}
