package dev.backplane.nbd.internal;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is to receive. The worker that has the baton may carry a request out without giving it away, which costs nobody a wake-up;
 * a deputy, the first of those who wait, looks now and then, and takes the baton from one that is stuck with its request.
 *
 * <p>Nothing here allocates.
 */
final class Baton {
    private static final int FREE = 0;
    private static final int CLOSED = -1;
    // Else twice the holder's number, plus 1 while it can be taken away.
    private static final int LENT = 1;

    private static final long LOOK_NANOS = 500_000;
    /** After so many looks at somebody who waits for the client the deputy wants to be called. */
    private static final int MOST_LOOKS = 20;

    private final AtomicInteger state = new AtomicInteger(FREE);
    /** Held by the deputy. */
    private final ReentrantLock deputy = new ReentrantLock();

    private volatile @Nullable Thread waiting;
    private volatile boolean asleep;
    /** Written by the holder only: how often it has been lent. */
    private volatile int turns;

    /**
     * Waits for the baton.
     *
     * @param worker its number, from 1
     * @return false where nobody gets it any more
     */
    boolean take(int worker) {
        deputy.lock();
        try {
            waiting = Thread.currentThread();
            return await(worker);
        } finally {
            waiting = null;
            deputy.unlock();
        }
    }

    private boolean await(int worker) {
        int seenTurns = turns;
        int looks = 0;
        for (; ; ) {
            int now = state.get();
            if (now == CLOSED) {
                return false;
            }
            int turn = turns;
            boolean stuck = (now & LENT) != 0 && turn == seenTurns && looks > 0;
            if ((now == FREE || stuck) && state.compareAndSet(now, worker << 1)) {
                return true;
            }
            looks = turn == seenTurns ? looks + 1 : 1;
            seenTurns = turn;
            pause(looks);
        }
    }

    private void pause(int looks) {
        if (looks < MOST_LOOKS) {
            LockSupport.parkNanos(this, LOOK_NANOS);
            return;
        }
        asleep = true;
        int now = state.get();
        // Said before it looks, so that whoever changes that afterwards calls.
        if (now != FREE && now != CLOSED && (now & LENT) == 0) {
            LockSupport.park(this);
        }
        asleep = false;
    }

    private void call() {
        Thread sleeper = waiting;
        if (sleeper != null) {
            LockSupport.unpark(sleeper);
        }
    }

    /** Whether somebody waits for it. */
    boolean isAwaited() {
        return deputy.isLocked();
    }

    /** By the holder: another may take it from now on, if this takes long. */
    void lend(int worker) {
        turns++;
        state.compareAndSet(worker << 1, worker << 1 | LENT);
        if (asleep) {
            call();
        }
    }

    /** By the one that lent it: whether it still has it. */
    boolean keep(int worker) {
        return state.compareAndSet(worker << 1 | LENT, worker << 1);
    }

    /** By the holder: another has it. */
    void pass(int worker) {
        turns++;
        if (state.compareAndSet(worker << 1, FREE)) {
            call();
        }
    }

    /** Nobody gets it any more. Any thread. */
    void close() {
        state.set(CLOSED);
        call();
    }
}
