package dev.backplane.kernel.internal.vm;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The thread on which one machine's commands and plans run, one at a time and in order. It calls parts on threads of their
 * own, so that nothing of a part's can stop it.
 */
final class Control {
    private static final System.Logger LOG = System.getLogger(Control.class.getName());

    private final LinkedBlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
    private final AtomicBoolean started = new AtomicBoolean();
    private final Thread thread;
    private volatile boolean ended;

    Control(String vm) {
        thread = Thread.ofPlatform()
                .name(vm + "/control")
                .daemon()
                .inheritInheritableThreadLocals(false)
                .unstarted(this::run);
        thread.setContextClassLoader(null);
    }

    /** Queues a command. */
    <T> CompletableFuture<T> submit(Callable<T> command) {
        CompletableFuture<T> result = new CompletableFuture<>();
        queue.add(() -> {
            try {
                result.complete(command.call());
            } catch (Exception | Error e) {
                result.completeExceptionally(e);
            }
        });
        wakeUp();
        return result;
    }

    /** Queues a command that nobody waits for. */
    void post(Runnable command) {
        queue.add(command);
        wakeUp();
    }

    private void wakeUp() {
        // A machine that is only defined needs no thread.
        if (!ended && started.compareAndSet(false, true)) {
            thread.start();
        }
    }

    boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    private void run() {
        while (!ended || !queue.isEmpty()) {
            try {
                queue.take().run();
            } catch (InterruptedException e) {
                LOG.log(System.Logger.Level.DEBUG, "{0}: stray interrupt", thread.getName());
            } catch (RuntimeException | Error e) {
                LOG.log(System.Logger.Level.ERROR, thread.getName() + ": a command failed", e);
            }
        }
    }

    /** Ends the thread when the queue is empty. */
    void end() {
        ended = true;
        queue.add(() -> {});
    }
}
