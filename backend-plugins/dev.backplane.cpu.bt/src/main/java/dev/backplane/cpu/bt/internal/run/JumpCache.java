package dev.backplane.cpu.bt.internal.run;

import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.mmu.Mmu;
import dev.backplane.x86.mmu.TranslationWatch;
import java.util.Arrays;

/**
 * Where emitted code finds the code for a target in another page: a table for each TLB, indexed by the target's low bits. An entry
 * lives no longer than the translation of its target's address.
 */
final class JumpCache implements TranslationWatch {
    private static final int SLOTS = StateArea.JUMP_SLOTS;
    private static final int PAGES = 1 << 12;
    private static final int PAGE = 4096;
    /** An instruction that begins so few bytes before the end of a page may reach into the next. */
    static final int REACH = Decoder.MAX_LENGTH - 1;

    private final StateArea state;
    /** Filled slots that do not survive a change of address space. */
    private final int[][] local = new int[Mmu.SETS][256];

    private final int[] localCount = new int[Mmu.SETS];
    /** All filled slots, some more than once. */
    private final int[][] filled = new int[Mmu.SETS][1024];

    private final int[] filledCount = new int[Mmu.SETS];
    /** By a hash of the page: entries may lead there. */
    private final boolean[] pages = new boolean[PAGES];

    JumpCache(StateArea state) {
        this.state = state;
        // No target has slot 0 and ends in a 1; all other slots are zero, which is none of their targets.
        for (int set = 0; set < Mmu.SETS; set++) {
            state.put(StateArea.targets(set), 1);
        }
    }

    void put(int set, long target, long code, boolean everywhere) {
        // The lists of filled slots are not to grow for ever.
        if (filledCount[set] > 2 * SLOTS) {
            flush(set);
        }
        int slot = (int) target & SLOTS - 1;
        state.put(StateArea.codes(set) + 8 * slot, code);
        state.put(StateArea.targets(set) + 8 * slot, target);
        filled[set] = note(filled[set], filledCount[set]++, slot);
        if (!everywhere) {
            local[set] = note(local[set], localCount[set]++, slot);
        }
        pages[page(target)] = true;
        if (mayReach(target)) {
            pages[page(target + PAGE)] = true;
        }
    }

    /** An instruction there may lie in two pages. */
    static boolean mayReach(long target) {
        return (target & PAGE - 1) >= PAGE - REACH;
    }

    private static int[] note(int[] slots, int count, int slot) {
        int[] room = count == slots.length ? Arrays.copyOf(slots, 2 * count) : slots;
        room[count] = slot;
        return room;
    }

    /** Forgets a target. */
    void remove(int set, long target) {
        int slot = (int) target & SLOTS - 1;
        if (state.get(StateArea.targets(set) + 8 * slot) == target) {
            clear(set, slot);
        }
    }

    private void clear(int set, int slot) {
        state.put(StateArea.targets(set) + 8 * slot, slot ^ 1);
    }

    @Override
    public void flushedLocal() {
        for (int set = 0; set < Mmu.SETS; set++) {
            for (int n = 0; n < localCount[set]; n++) {
                clear(set, local[set][n]);
            }
            localCount[set] = 0;
        }
    }

    @Override
    public void flushedAll() {
        for (int set = 0; set < Mmu.SETS; set++) {
            flush(set);
        }
        Arrays.fill(pages, false);
    }

    /** The code for these targets is for another mode. */
    void flush(int set) {
        for (int n = 0; n < filledCount[set]; n++) {
            clear(set, filled[set][n]);
        }
        filledCount[set] = 0;
        localCount[set] = 0;
    }

    @Override
    public void invalidated(long linear) {
        if (!pages[page(linear)]) {
            return;
        }
        int first = (int) linear & SLOTS - 1 & -PAGE;
        for (int set = 0; set < Mmu.SETS; set++) {
            clear(set, linear, first, PAGE);
            clear(set, linear - PAGE, first - REACH & SLOTS - 1, REACH);
        }
    }

    /** Forgets targets in a page. */
    private void clear(int set, long linear, int first, int count) {
        for (int slot = first; slot < first + count; slot++) {
            if (((state.get(StateArea.targets(set) + 8 * slot) ^ linear) & -PAGE) == 0) {
                clear(set, slot);
            }
        }
    }

    private static int page(long linear) {
        long number = linear >>> 12;
        return (int) (number ^ number >>> 12) & PAGES - 1;
    }
}
