package dev.backplane.filter.ratelimit.internal;

import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Requests that wait for their turn, each on its own thread. Only the first asks for tokens, so that one which needs many is not overtaken for
 * ever by those that need few. A request that is to be handed back leaves the line, and has taken nothing.
 */
final class Line {
    /** As often a request that waits looks whether it is to be handed back. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final StorageContext context;
    private final LongSupplier nanos;
    private final Supplier<Limits> limits;
    private final Deque<Thread> waiting = new ArrayDeque<>();
    private long heldBack;

    /**
     * @param nanos the time
     * @param limits those of the moment
     */
    Line(StorageContext context, LongSupplier nanos, Supplier<Limits> limits) {
        this.context = context;
        this.nanos = nanos;
        this.limits = limits;
    }

    /** Returns when the request may go on. */
    synchronized void pass(boolean reading, long bytes) throws StorageException {
        if (waiting.isEmpty() && take(reading, bytes) == 0) {
            return;
        }
        heldBack++;
        Thread me = Thread.currentThread();
        waiting.add(me);
        boolean interrupted = false;
        try {
            while (true) {
                context.handBackAtRest();
                long wait = waiting.peek() == me ? take(reading, bytes) : LOOK_NANOS;
                if (wait == 0) {
                    return;
                }
                interrupted |= sleep(Math.min(wait, LOOK_NANOS));
            }
        } finally {
            waiting.remove(me);
            notifyAll();
            if (interrupted) {
                me.interrupt();
            }
        }
    }

    private long take(boolean reading, long bytes) {
        return limits.get().take(reading, bytes, nanos.getAsLong());
    }

    /** Whether it was interrupted: nothing is cancelled by that. */
    private boolean sleep(long atMostNanos) {
        try {
            TimeUnit.NANOSECONDS.timedWait(this, atMostNanos);
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    /** The limits have changed: the first in the line need not wait as long as it was told. */
    synchronized void lookAgain() {
        notifyAll();
    }

    /** How many requests have waited. */
    synchronized long heldBack() {
        return heldBack;
    }
}
