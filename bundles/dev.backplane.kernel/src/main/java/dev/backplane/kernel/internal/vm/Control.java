package dev.backplane.kernel.internal.vm;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The thread on which one machine's commands and plans run, one at a time and in order. It calls parts on threads of their
 * own, so that nothing of a part's can stop it.
 */
final class Control {
    private static final System.Logger LOG = System.getLogger(Control.class.getName());

    private final LinkedBlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
    private final Thread thread;
    private boolean started;
    private boolean ended;

    Control(String vm) {
        thread = Thread.ofPlatform()
                .name(vm + "/control")
                .daemon()
                .inheritInheritableThreadLocals(false)
                .unstarted(this::run);
        thread.setContextClassLoader(null);
    }

    /** Queues a command. The result is cancelled where the machine has ended. */
    <T> CompletableFuture<T> submit(Callable<T> command) {
        CompletableFuture<T> result = new CompletableFuture<>();
        boolean queued = post(() -> {
            try {
                result.complete(command.call());
            } catch (Exception | Error e) {
                result.completeExceptionally(e);
            }
        });
        if (!queued) {
            result.cancel(false);
        }
        return result;
    }

    /** Queues a command that nobody waits for. Returns whether it will be carried out: not when the machine has ended. */
    synchronized boolean post(Runnable command) {
        if (ended) {
            return false;
        }
        queue.add(command);
        // A machine that is only defined needs no thread.
        if (!started) {
            started = true;
            thread.start();
        }
        return true;
    }

    boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    private void run() {
        while (!isOver()) {
            try {
                queue.take().run();
            } catch (InterruptedException e) {
                LOG.log(System.Logger.Level.DEBUG, "{0}: stray interrupt", thread.getName());
            } catch (RuntimeException | Error e) {
                LOG.log(System.Logger.Level.ERROR, thread.getName() + ": a command failed", e);
            }
        }
    }

    private synchronized boolean isOver() {
        return ended && queue.isEmpty();
    }

    /** Takes no more commands; the thread ends when those that wait are done. Called on it. */
    synchronized void end() {
        ended = true;
    }
}
