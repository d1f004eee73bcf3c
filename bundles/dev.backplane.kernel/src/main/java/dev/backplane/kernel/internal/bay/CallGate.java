package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.Deadline;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Lets the kernel's calls into a part pass (timers, listeners) while its bay runs, and counts them, so that closing can wait
 * for those under way. Register accesses do not come through here: they are drained by the vCPUs' coming out.
 */
final class CallGate {
    private static final int CLOSED = 1 << 31;

    private final AtomicInteger calls = new AtomicInteger(CLOSED);
    private volatile @Nullable Thread waiter;

    /** Begins a call, unless the gate is closed. */
    boolean enter() {
        while (true) {
            int seen = calls.get();
            if (seen < 0) {
                return false;
            }
            if (calls.compareAndSet(seen, seen + 1)) {
                return true;
            }
        }
    }

    /** Ends a call. */
    void exit() {
        if (calls.decrementAndGet() == CLOSED) {
            LockSupport.unpark(waiter);
        }
    }

    void open() {
        calls.getAndUpdate(seen -> seen & ~CLOSED);
    }

    void close() {
        calls.getAndUpdate(seen -> seen | CLOSED);
    }

    boolean isOpen() {
        return calls.get() >= 0;
    }

    /** Whether no call is under way. */
    boolean idle() {
        return (calls.get() & ~CLOSED) == 0;
    }

    /** Waits on a closed gate for the calls under way. Called by one thread at a time. */
    boolean awaitIdle(Deadline deadline) {
        waiter = Thread.currentThread();
        try {
            while (!idle()) {
                if (deadline.passed()) {
                    return false;
                }
                LockSupport.parkNanos(this, deadline.remainingNanos());
            }
            return true;
        } finally {
            waiter = null;
        }
    }
}
