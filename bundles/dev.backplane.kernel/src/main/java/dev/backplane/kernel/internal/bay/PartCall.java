package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.Deadline;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A call into a part on a thread that makes no other, so that a part that hangs costs a thread and not the kernel. What it throws is
 * kept as text.
 *
 * @param <T> what the call returns
 */
public final class PartCall<T> {
    /** Loaded with this class: a call may fail when the framework has ended and gives out no classes any more. */
    private static final Class<?> NEEDED_AT_THE_END = Rendered.class;

    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable T value;
    private volatile @Nullable String failure;
    private boolean interrupted;
    /** While the call is under way. */
    private @Nullable Thread thread;

    private PartCall() {}

    /**
     * Starts a call.
     *
     * @param <T> what it returns
     * @param threads where it is made
     * @param part the part's identifier
     * @param what the name of the call
     * @param body the call
     * @return the call under way
     */
    public static <T> PartCall<T> start(CallThreads threads, String part, String what, Callable<T> body) {
        PartCall<T> call = new PartCall<>();
        threads.execute(part + "/" + what, new Run<>(call, body));
        return call;
    }

    /** Starts a call that returns nothing. */
    static PartCall<Boolean> startVoid(CallThreads threads, String part, String what, ThrowingRunnable body) {
        return start(threads, part, what, () -> {
            body.run();
            return true;
        });
    }

    /** A call that returns nothing. */
    @FunctionalInterface
    interface ThrowingRunnable {
        /** Calls. */
        void run() throws Exception;
    }

    /**
     * What the thread runs. It is empty afterwards: somebody may keep it with its thread (the framework does now and then, as a lock of a
     * class that it was the first to load), which must not keep the part.
     */
    private static final class Run<T> implements Runnable {
        private @Nullable PartCall<T> call;
        private @Nullable Callable<T> body;

        Run(PartCall<T> call, Callable<T> body) {
            this.call = call;
            this.body = body;
        }

        @Override
        public void run() {
            PartCall<T> mine = call;
            Callable<T> once = body;
            call = null;
            body = null;
            if (mine != null && once != null) {
                mine.run(once);
            }
        }
    }

    private void run(Callable<T> body) {
        begin();
        try {
            value = body.call();
        } catch (Throwable e) {
            failure = Rendered.line(e);
        } finally {
            end();
            ended.countDown();
        }
    }

    private synchronized void begin() {
        thread = Thread.currentThread();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** An interrupt is for this call, and not for the next one on the thread. */
    private synchronized void end() {
        thread = null;
        Thread.interrupted();
    }

    /** Waits. Returns whether the call has ended, well or badly. */
    public boolean await(Deadline deadline) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return ended.await(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** What it returned, if it has ended well. */
    public Optional<T> value() {
        return Optional.ofNullable(value);
    }

    /** What it threw, as text. */
    public Optional<String> failure() {
        return Optional.ofNullable(failure);
    }

    /** Asks a call that waits to give up; for calls that are declared to be interruptible. */
    synchronized void interrupt() {
        interrupted = true;
        if (thread != null) {
            thread.interrupt();
        }
    }
}
