package dev.backplane.x86.interp;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much decoded code the vCPUs of a process may keep together: a guest that executes all of its memory is not to fill the
 * heap, which it shares with other guests. One vCPU may have all of it while the others need little; once it is used up, those
 * that have more than their share decode anew.
 */
public final class CodeBudget {
    /** About what an operation takes in the heap. The unit of the budget. */
    private static final int OPERATION_BYTES = 64;
    /** What a block and its entry take beside its operations. */
    private static final int BLOCK = 2;
    /** What a page with code takes beside its blocks. */
    private static final int PAGE = 7;
    /** An eighth of the heap: vCPUs that rest keep theirs, so it may become twice as much. */
    private static final int PART_OF_HEAP = 8;

    private final long most;
    private final AtomicLong used = new AtomicLong();
    private final AtomicInteger sharers = new AtomicInteger();

    /**
     * A budget.
     *
     * @param bytes about so much of the heap
     */
    public CodeBudget(long bytes) {
        most = bytes / OPERATION_BYTES;
    }

    /** A fitting part of this process's heap. */
    public static CodeBudget ofHeap() {
        return new CodeBudget(Runtime.getRuntime().maxMemory() / PART_OF_HEAP);
    }

    /**
     * What all vCPUs have decoded now.
     *
     * @return about so many bytes of the heap
     */
    public long usedBytes() {
        return used.get() * OPERATION_BYTES;
    }

    Share join() {
        sharers.incrementAndGet();
        return new Share();
    }

    static int ofBlock(int operations) {
        return operations + BLOCK;
    }

    static int ofPage() {
        return PAGE;
    }

    /** One vCPU's part. Its thread's alone. */
    final class Share {
        private long own;

        void add(long amount) {
            own += amount;
            used.addAndGet(amount);
        }

        /** Whether it has to give up what it has before it takes more. */
        boolean isUsedUp() {
            return used.get() > most && own > most / sharers.get();
        }

        /** Gives everything back, for good. */
        void close() {
            add(-own);
            sharers.decrementAndGet();
        }
    }
}
