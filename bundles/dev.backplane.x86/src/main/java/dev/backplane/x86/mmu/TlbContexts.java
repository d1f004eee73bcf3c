package dev.backplane.x86.mmu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Translations of the address spaces that are not current, by process-context identifier (SDM volume 3, 5.10.1). The TLBs hold
 * those of the current one, and global ones; MOV to CR3 moves the others out and, with bit 63 set, moves in what is here.
 * Only what is not global lies here, so that INVLPG has nothing to look for. Allocates until its arrays are large enough.
 */
final class TlbContexts {
    /** Linux uses six of them at a time, and one of its own. */
    private static final int CONTEXTS = 8;

    private static final int FREE = -1;

    private final Tlb[] tlbs;
    private final Saved[] contexts = new Saved[CONTEXTS];
    private int oldest;
    /** How often the right to write was withdrawn from some page: what was moved out before comes back without it. */
    private long withdrawals;

    TlbContexts(Tlb[] tlbs) {
        this.tlbs = tlbs;
        for (int n = 0; n < CONTEXTS; n++) {
            contexts[n] = new Saved(tlbs.length);
        }
    }

    /** A page, or all, may not be written any more without the slow way. */
    void withdrawWrites() {
        withdrawals++;
    }

    /** Moves the current translations but for global ones out, and those of the next context in. */
    void exchange(int current, int next, boolean keep) {
        Saved out = find(current);
        if (out == null) {
            out = find(FREE);
        }
        if (out == null) {
            out = contexts[oldest];
            oldest = (oldest + 1) % CONTEXTS;
        }
        out.identifier = current;
        out.withdrawals = withdrawals;
        for (int n = 0; n < tlbs.length; n++) {
            out.entries[n] = tlbs[n].moveOut(out.entries[n]);
            out.sizes[n] = tlbs[n].movedOut();
        }
        Saved in = find(next);
        if (in != null) {
            for (int n = 0; keep && n < tlbs.length; n++) {
                tlbs[n].moveIn(in.entries[n], in.sizes[n], in.withdrawals == withdrawals);
            }
            in.identifier = FREE;
        }
    }

    /** Forgets one context, if it is here. */
    void forget(int identifier) {
        Saved saved = find(identifier);
        if (saved != null) {
            saved.identifier = FREE;
        }
    }

    /** Forgets all of them. */
    void forgetAll() {
        for (Saved saved : contexts) {
            saved.identifier = FREE;
        }
    }

    private @Nullable Saved find(int identifier) {
        for (Saved saved : contexts) {
            if (saved.identifier == identifier) {
                return saved;
            }
        }
        return null;
    }

    /** One context that is away. */
    private static final class Saved {
        int identifier = FREE;
        long withdrawals;
        /** Of each TLB: slot and its four longs. */
        final long[][] entries;

        final int[] sizes;

        Saved(int tlbs) {
            entries = new long[tlbs][];
            Arrays.fill(entries, new long[0]);
            sizes = new int[tlbs];
        }
    }
}
