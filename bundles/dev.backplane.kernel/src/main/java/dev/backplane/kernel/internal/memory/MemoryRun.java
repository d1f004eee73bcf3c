package dev.backplane.kernel.internal.memory;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Whole pages of a machine's RAM that lie one after the other.
 *
 * @param offset of the first byte in the machine's segment, a multiple of the page size
 * @param bytes how many, a positive multiple of the page size
 */
public record MemoryRun(long offset, long bytes) {
    /**
     * The first offset behind it.
     *
     * @return offset + bytes
     */
    public long end() {
        return offset + bytes;
    }

    /**
     * The runs of the pages whose bits are set.
     *
     * @param gap runs that are no more than so many pages apart become one
     */
    static List<MemoryRun> of(BitSet pages, long pageBytes, int gap) {
        List<MemoryRun> runs = new ArrayList<>();
        for (int from = pages.nextSetBit(0); from >= 0; ) {
            int end = pages.nextClearBit(from);
            int next = pages.nextSetBit(end);
            while (next >= 0 && next - end <= gap) {
                end = pages.nextClearBit(next);
                next = pages.nextSetBit(end);
            }
            runs.add(new MemoryRun(from * pageBytes, (end - from) * pageBytes));
            from = next;
        }
        return runs;
    }

    /** At most so many runs that hold the pages whose bits are set, and as few others as a doubling gap finds. */
    static List<MemoryRun> atMost(int most, BitSet pages, long pageBytes) {
        List<MemoryRun> runs = of(pages, pageBytes, 0);
        for (int gap = 1; runs.size() > most; gap *= 2) {
            runs = of(pages, pageBytes, gap);
        }
        return runs;
    }
}
