package dev.backplane.api.vm;

import java.time.Duration;
import java.util.List;

/**
 * What a snapshot has come to.
 *
 * @param pause how long the machine stood; zero for one that was paused before
 * @param taken how long all of it took
 * @param memoryBytes bytes of memory that it holds itself: neither zero nor in its base
 * @param storedBytes how many bytes of files that came to
 * @param notes what people should know, one sentence each, for instance which disks must not change now
 */
public record SnapshotReport(Duration pause, Duration taken, long memoryBytes, long storedBytes, List<String> notes) {
    /** Copies the list. */
    public SnapshotReport {
        notes = List.copyOf(notes);
    }
}
