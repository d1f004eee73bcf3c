package dev.backplane.nbd.internal;

import dev.backplane.nbd.NbdExport;
import dev.backplane.nbd.wire.Inbox;
import dev.backplane.nbd.wire.Nbd;
import dev.backplane.nbd.wire.NbdException;
import dev.backplane.nbd.wire.Transport;
import java.io.IOException;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The second part of a conversation ("Transmission"): requests and replies. Workers take turns to receive; the one that has received
 * a request carries it out, and receives the next one itself as long as the storage answers fast. Where it is slow, or may be,
 * others receive meanwhile, so that up to {@value #MOST_WORKERS} requests are under way.
 */
final class Transmission {
    static final int MOST_WORKERS = 16;
    /** Requests with more data than a worker's own buffer holds share this much memory. */
    private static final int LARGE_BYTES = Nbd.MAX_PAYLOAD_BYTES + Execution.READ_AT;

    /** A storage that takes longer on average is asked by many at once. */
    private static final long SLOW_NANOS = 100_000;

    /** Counts for no more than this: a thread that was not scheduled for a while says nothing about the storage. */
    private static final long MOST_NANOS = 4 * SLOW_NANOS;

    private static final int AVERAGED = 16;

    private final Transport transport;
    private final Inbox inbox;
    private final Outbox outbox;
    private final NbdExport export;
    private final boolean structured;
    private final boolean allocation;
    private final Baton baton = new Baton();
    private final Semaphore large = new Semaphore(LARGE_BYTES);

    private int workers;
    private int living;
    private boolean orderly;
    private @Nullable IOException failure;
    /** Sixteen times the average; a lost update does no harm. */
    private long averaged;

    Transmission(Negotiation negotiated) {
        transport = negotiated.transport();
        inbox = negotiated.inbox();
        outbox = new Outbox(transport);
        export = negotiated.export();
        structured = negotiated.isStructured();
        allocation = negotiated.hasAllocation();
    }

    Inbox inbox() {
        return inbox;
    }

    Outbox outbox() {
        return outbox;
    }

    NbdExport export() {
        return export;
    }

    boolean isStructured() {
        return structured;
    }

    boolean hasAllocation() {
        return allocation;
    }

    Baton baton() {
        return baton;
    }

    /** The caller is the first worker. Returns when all are done. */
    void run() throws IOException {
        Worker first = hire();
        if (first != null) {
            first.run();
        }
        IOException reason = awaitOthers();
        if (reason != null) {
            throw reason;
        }
        outbox.flush();
        if (isOrderly()) {
            transport.finish();
        }
    }

    private synchronized @Nullable Worker hire() {
        if (workers == MOST_WORKERS) {
            return null;
        }
        workers++;
        living++;
        return new Worker(this, workers);
    }

    /** By whoever has the baton: somebody should be there to take it. */
    void findDeputy() {
        if (!baton.isAwaited()) {
            Worker next = hire();
            if (next != null) {
                Thread.ofPlatform().daemon().name("nbd-worker").start(next);
            }
        }
    }

    /** By a worker, at its end. */
    synchronized void leave() {
        living--;
        notifyAll();
    }

    private synchronized @Nullable IOException awaitOthers() {
        boolean interrupted = false;
        while (living > 0) {
            try {
                wait();
            } catch (InterruptedException e) {
                // They end by themselves: their transport is closed, or the last request was the last.
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return failure;
    }

    /** The client has said that it is done: what is under way is still answered. */
    void end() {
        synchronized (this) {
            orderly = true;
        }
        baton.close();
    }

    private synchronized boolean isOrderly() {
        return orderly;
    }

    /** It cannot go on. */
    void fail(IOException reason) {
        synchronized (this) {
            if (failure == null || reason instanceof NbdException) {
                failure = reason;
            }
        }
        baton.close();
        transport.close();
    }

    /** Whether the storage has taken so long of late that others had better receive meanwhile. */
    boolean isSlow() {
        return averaged > SLOW_NANOS * AVERAGED;
    }

    void took(long nanos) {
        averaged += Math.min(nanos, MOST_NANOS) - averaged / AVERAGED;
    }

    /** Waits for room for a large request's data. */
    void acquire(int bytes) {
        large.acquireUninterruptibly(bytes);
    }

    void release(int bytes) {
        large.release(bytes);
    }
}
