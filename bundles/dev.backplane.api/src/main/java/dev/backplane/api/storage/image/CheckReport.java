package dev.backplane.api.storage.image;

import java.util.List;
import java.util.OptionalLong;

/**
 * What a check has found.
 *
 * @param corruptions contradictions by which data may be lost that are still there
 * @param leaks pieces that are in use by nobody and are still not free
 * @param corruptionsFixed contradictions that were repaired
 * @param leaksFixed pieces that were given up
 * @param unreadable pieces about which nothing can be said, since they could not be read
 * @param allocatedUnits how many units (clusters, blocks) of the disk have bytes of their own
 * @param totalUnits how many it has altogether
 * @param compressedUnits how many are compressed
 * @param fragmentedUnits how many do not stand behind their predecessor
 * @param imageEndOffset behind the last byte of the image that is in use, where the format can tell
 * @param messages what was found where, for people; the first {@value #MOST_MESSAGES}
 */
public record CheckReport(
        long corruptions,
        long leaks,
        long corruptionsFixed,
        long leaksFixed,
        long unreadable,
        long allocatedUnits,
        long totalUnits,
        long compressedUnits,
        long fragmentedUnits,
        OptionalLong imageEndOffset,
        List<String> messages) {
    /** A damaged image has more to tell than anybody reads. */
    public static final int MOST_MESSAGES = 100;

    /** Keeps a copy of the first messages. */
    public CheckReport {
        messages = List.copyOf(messages.subList(0, Math.min(MOST_MESSAGES, messages.size())));
    }
}
