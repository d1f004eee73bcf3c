package dev.backplane.x86.mmu;

import dev.backplane.x86.state.Registers;

/**
 * What other threads want of one vCPU's TLB and decoded code. They post; the vCPU serves at its next look at the request word,
 * or before it runs again. Withdrawing the right to write comes with a ticket: the poster may wait until it has happened, since
 * a store that had passed its check before is complete then.
 */
final class PageMailbox {
    private static final int PLACES = 64;

    private final Registers c;

    // Under the lock of this object.
    private final long[] protect = new long[PLACES];
    private int protectCount;
    private boolean protectAll;
    private final long[] written = new long[2 * PLACES];
    private int writtenCount;
    private boolean writtenAll;
    private long posted;

    private volatile long served;
    private volatile boolean running;

    PageMailbox(Registers c) {
        this.c = c;
    }

    /** The vCPU's thread enters or leaves the engine. What was posted while it was out is served before it touches memory. */
    void running(boolean now) {
        running = now;
    }

    boolean isRunning() {
        return running;
    }

    /** Nobody may write to a page of RAM without asking. Returns a ticket. */
    synchronized long postProtect(long offset) {
        if (protectCount == PLACES) {
            protectAll = true;
        } else {
            protect[protectCount++] = offset;
        }
        return raise();
    }

    /** Nobody may write to any page without asking. */
    synchronized long postProtectAll() {
        protectAll = true;
        return raise();
    }

    /** Bytes of RAM were written that this vCPU may have decoded. */
    synchronized void postWritten(long offset, long length) {
        if (writtenCount == PLACES) {
            writtenAll = true;
        } else {
            written[2 * writtenCount] = offset;
            written[2 * writtenCount++ + 1] = length;
        }
        c.raise(Registers.PAGES);
    }

    private long raise() {
        c.raise(Registers.PAGES);
        return ++posted;
    }

    /** Waits until a ticket is served. A vCPU that waits serves its own box meanwhile, so that two may wait for each other. */
    void await(long ticket, Mmu waiter) {
        for (int spins = 0; running && served < ticket; spins++) {
            if (waiter != null) {
                waiter.serveProtection();
            }
            if (spins < 200) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    /** Does the withdrawals. The vCPU's thread. */
    synchronized void serveProtection(Mmu mmu) {
        if (protectAll) {
            mmu.protectAll();
        } else {
            for (int n = 0; n < protectCount; n++) {
                mmu.protect(protect[n]);
            }
        }
        protectAll = false;
        protectCount = 0;
        served = posted;
    }

    /** Drops code that was overwritten. The vCPU's thread, between two blocks. */
    synchronized void serveWritten(CodeWatch watch) {
        if (writtenAll) {
            watch.writtenAnywhere();
        } else {
            for (int n = 0; n < writtenCount; n++) {
                watch.written(written[2 * n], written[2 * n + 1]);
            }
        }
        writtenAll = false;
        writtenCount = 0;
    }
}
