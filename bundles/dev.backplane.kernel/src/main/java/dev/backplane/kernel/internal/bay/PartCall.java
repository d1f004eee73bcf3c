package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.Deadline;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A call into a part on a thread of its own, so that a part that hangs costs a thread and not the kernel. What it throws is
 * kept as text.
 *
 * @param <T> what the call returns
 */
public final class PartCall<T> {
    /** Loaded with this class: a call may fail when the framework has ended and gives out no classes any more. */
    private static final Class<?> NEEDED_AT_THE_END = Rendered.class;

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread thread;
    private volatile @Nullable T value;
    private volatile @Nullable String failure;

    private PartCall(String name, Callable<T> body) {
        thread = Thread.ofPlatform()
                .name(name)
                .daemon()
                .inheritInheritableThreadLocals(false)
                .unstarted(new Run<>(this, body));
        thread.setContextClassLoader(null);
    }

    /**
     * Starts a call.
     *
     * @param <T> what it returns
     * @param part the part's identifier
     * @param what the name of the call
     * @param body the call
     * @return the call under way
     */
    public static <T> PartCall<T> start(String part, String what, Callable<T> body) {
        PartCall<T> call = new PartCall<>(part + "/" + what, body);
        call.thread.start();
        return call;
    }

    /** Starts a call that returns nothing. */
    static PartCall<Boolean> startVoid(String part, String what, ThrowingRunnable body) {
        return start(part, what, () -> {
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
     * What the thread runs. It is empty afterwards: a thread that has ended keeps this, and somebody may keep the thread (the framework
     * does now and then, as a lock of a class that it was the first to load), which must not keep the part.
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
        try {
            value = body.call();
        } catch (Throwable e) {
            failure = Rendered.line(e);
        } finally {
            ended.countDown();
        }
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
    void interrupt() {
        thread.interrupt();
    }
}
