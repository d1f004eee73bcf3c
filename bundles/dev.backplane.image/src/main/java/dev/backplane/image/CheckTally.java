package dev.backplane.image;

import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Counts what a check of an image finds. One thread at a time. */
public final class CheckTally {
    private final CheckMode mode;
    private final List<String> messages = new ArrayList<>();
    private long corruptions;
    private long leaks;
    private long corruptionsFixed;
    private long leaksFixed;
    private long allocated;
    private long fragmented;
    private long lastPlace = -1;
    private long end;

    /**
     * Nothing has been found yet.
     *
     * @param mode what is to be done about what is found
     */
    public CheckTally(CheckMode mode) {
        this.mode = mode;
    }

    private void say(String what) {
        if (messages.size() < CheckReport.MOST_MESSAGES) {
            messages.add(what);
        }
    }

    /**
     * A contradiction by which data may be lost.
     *
     * @param what where, for people
     * @return whether it is to be repaired
     */
    public boolean corruption(String what) {
        say(what);
        if (mode == CheckMode.REPAIR_ALL) {
            corruptionsFixed++;
            return true;
        }
        corruptions++;
        return false;
    }

    /**
     * A contradiction that nobody can repair.
     *
     * @param what where, for people
     */
    public void beyondRepair(String what) {
        say(what);
        corruptions++;
    }

    /**
     * Something that is in use by nobody.
     *
     * @param pieces how many; at least 1
     * @param what where, for people
     * @return whether it is to be given up
     */
    public boolean leak(long pieces, String what) {
        say(what);
        if (mode != CheckMode.REPORT) {
            leaksFixed += pieces;
            return true;
        }
        leaks += pieces;
        return false;
    }

    /**
     * A block with bytes of its own. Called in the order of the disk.
     *
     * @param place where it is
     * @param bytes how much it takes in the image
     */
    public void block(long place, long bytes) {
        allocated++;
        if (lastPlace >= 0 && place != lastPlace + bytes) {
            fragmented++;
        }
        lastPlace = place;
        end = Math.max(end, place + bytes);
    }

    /**
     * How many blocks with bytes of their own there are so far.
     *
     * @return blocks
     */
    public long allocated() {
        return allocated;
    }

    /**
     * What was found.
     *
     * @param blocks how many the disk has
     * @return the report
     */
    public CheckReport report(long blocks) {
        return new CheckReport(
                corruptions,
                leaks,
                corruptionsFixed,
                leaksFixed,
                0,
                allocated,
                blocks,
                0,
                fragmented,
                end == 0 ? OptionalLong.empty() : OptionalLong.of(end),
                messages);
    }
}
