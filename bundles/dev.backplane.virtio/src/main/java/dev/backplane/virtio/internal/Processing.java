package dev.backplane.virtio.internal;

import dev.backplane.api.part.Deadline;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/**
 * Has each queue processed when it was notified: on one thread at a time, and again if it was notified meanwhile. While it is closed
 * nothing is processed and notifications are dropped, since everything is processed when it opens. Any thread.
 */
final class Processing {
    private final Executor executor;
    private final IntConsumer device;
    private final boolean[] wanted;
    private final boolean[] scheduled;
    private final long[] notified;
    private boolean open;
    /** Calls of the device under way. */
    private int running;

    Processing(Executor executor, IntConsumer device, int queues) {
        this.executor = executor;
        this.device = device;
        wanted = new boolean[queues];
        scheduled = new boolean[queues];
        notified = new long[queues];
    }

    void open() {
        synchronized (this) {
            open = true;
            Arrays.fill(wanted, true);
        }
        for (int queue = 0; queue < wanted.length; queue++) {
            schedule(queue);
        }
    }

    /** What is under way goes on; {@link #awaitIdle} waits for it. */
    synchronized void close() {
        open = false;
    }

    /** Waits for what is under way. Returns whether it has come back. */
    synchronized boolean awaitIdle(Deadline deadline) throws InterruptedException {
        while (running > 0) {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline.remainingNanos()));
            if (running > 0 && deadline.passed()) {
                return false;
            }
        }
        return true;
    }

    /** The driver has notified a queue. */
    void notified(int queue) {
        synchronized (this) {
            if (queue < notified.length) {
                notified[queue]++;
            }
        }
        want(queue);
    }

    /** Somebody has a queue processed. */
    void want(int queue) {
        synchronized (this) {
            if (queue >= wanted.length || !open) {
                return;
            }
            wanted[queue] = true;
        }
        schedule(queue);
    }

    /** How often. */
    synchronized long timesNotified(int queue) {
        return notified[queue];
    }

    private void schedule(int queue) {
        synchronized (this) {
            if (scheduled[queue] || !wanted[queue]) {
                return;
            }
            scheduled[queue] = true;
        }
        executor.execute(() -> process(queue));
    }

    private void process(int queue) {
        while (begin(queue)) {
            try {
                device.accept(queue);
            } finally {
                end();
            }
        }
    }

    private synchronized boolean begin(int queue) {
        if (!wanted[queue] || !open) {
            scheduled[queue] = false;
            return false;
        }
        wanted[queue] = false;
        running++;
        return true;
    }

    private synchronized void end() {
        running--;
        notifyAll();
    }
}
