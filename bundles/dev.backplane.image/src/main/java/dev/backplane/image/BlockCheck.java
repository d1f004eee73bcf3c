package dev.backplane.image;

import java.util.Arrays;

/** Checks that blocks are within the image and do not overlap. One thread at a time. */
public final class BlockCheck {
    private final CheckTally tally;
    private final long first;
    private final long end;
    private final long spanBytes;
    private long[] starts = new long[64];
    private int count;
    private boolean tooMany;

    /**
     * No block yet.
     *
     * @param tally counts what is found
     * @param first where blocks may begin
     * @param end where the image ends
     * @param spanBytes how much each block takes, with what belongs to it
     */
    public BlockCheck(CheckTally tally, long first, long end, long spanBytes) {
        this.tally = tally;
        this.first = first;
        this.end = end;
        this.spanBytes = spanBytes;
    }

    /**
     * A block. Called in the order of the disk.
     *
     * @param block its number
     * @param start where its span begins
     * @return whether it is to be taken out of the table, since nothing can be there
     */
    public boolean block(long block, long start) {
        if (start < first || start >= end) {
            return tally.corruption("block %d is at 0x%x, where nothing can be".formatted(block, start));
        }
        tally.block(start, spanBytes);
        // No image has more blocks than fit in it, so that the list is no longer than it has to be.
        if (count > (end - first) / spanBytes + 1) {
            tooMany = true;
            return false;
        }
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, 2 * count);
        }
        starts[count++] = start;
        return false;
    }

    /** All blocks have been shown. */
    public void finish() {
        Arrays.sort(starts, 0, count);
        for (int i = 1; i < count; i++) {
            if (starts[i] < starts[i - 1] + spanBytes) {
                tally.beyondRepair("two blocks overlap at 0x%x".formatted(starts[i]));
            }
        }
        if (tooMany) {
            tally.beyondRepair("the table has more blocks than the image");
        }
    }

    /**
     * Behind the last block.
     *
     * @return where the next one would begin; {@code first} where there is none
     */
    public long behind() {
        return count == 0 ? first : starts[count - 1] + spanBytes;
    }
}
