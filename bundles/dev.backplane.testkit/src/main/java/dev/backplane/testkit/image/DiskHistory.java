package dev.backplane.testkit.image;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a disk and its snapshots may read as after a power cut: what was flushed, and in each sector that was written since then that or one of
 * the later versions.
 */
final class DiskHistory {
    private static final int SECTOR = 512;

    private byte[] flushed;
    private byte[] now;
    private final List<Change> since = new ArrayList<>();
    private final Set<Integer> lengths = new HashSet<>();
    private boolean lengthIsNew;
    /** What is behind may read as anything. */
    private int unknownFrom = Integer.MAX_VALUE;

    private final Map<String, byte[]> snapshots = new LinkedHashMap<>();
    /** A snapshot of this name may be there or not. */
    private @Nullable String coming;

    private @Nullable String going;
    /** All of the disk may have become this. */
    private byte @Nullable [] applied;

    private record Change(int offset, byte[] bytes) {
        boolean touches(int from, int end) {
            return offset < end && from < offset + bytes.length;
        }
    }

    DiskHistory(byte[] contents, Map<String, byte[]> snapshots) {
        flushed = contents.clone();
        now = contents.clone();
        lengths.add(now.length);
        this.snapshots.putAll(snapshots);
    }

    /** What it reads as now; not to be changed. */
    byte[] now() {
        return now;
    }

    // Each is told before the disk is asked for it

    void write(int offset, byte[] bytes) {
        since.add(new Change(offset, bytes));
        System.arraycopy(bytes, 0, now, offset, bytes.length);
    }

    /** What was cut off and comes back are zeros; unless {@code atOnce}, not before that is stable, and the length changes in steps. */
    void resize(int to, boolean atOnce) {
        int from = now.length;
        if (!atOnce) {
            unknownFrom = Math.min(unknownFrom, Math.min(from, to));
        }
        lengthIsNew = lengths.add(to);
        since.add(new Change(Math.min(from, to), new byte[Math.abs(to - from)]));
        now = Arrays.copyOf(now, to);
    }

    /** Nothing has come of the change of length. */
    void takeBack(byte[] before) {
        since.removeLast();
        if (lengthIsNew) {
            lengths.remove(now.length);
        }
        now = before;
    }

    void create(String name) {
        coming = name;
        snapshots.put(name, now.clone());
    }

    void apply(String name) {
        applied = snapshots.get(name);
    }

    void delete(String name) {
        going = name;
    }

    // And this when it has been done

    void isFlushed() {
        flushed = now.clone();
        since.clear();
        unknownFrom = Integer.MAX_VALUE;
        lengths.clear();
        lengths.add(now.length);
    }

    /** A change of snapshots is stable, and so is the disk with it. */
    void isSettled(boolean done) {
        if (done && applied != null) {
            now = applied.clone();
        }
        String gone = done ? going : coming;
        if (gone != null) {
            snapshots.remove(gone);
        }
        coming = null;
        going = null;
        applied = null;
        if (done) {
            isFlushed();
        }
    }

    List<String> names() {
        return List.copyOf(snapshots.keySet());
    }

    // Judging

    /** Fails unless the disk may read so. */
    void check(byte[] read, String when) {
        if (applied != null && Arrays.equals(applied, read)) {
            return;
        }
        boolean between = unknownFrom <= read.length && read.length <= Collections.max(lengths);
        if (!lengths.contains(read.length) && !between) {
            throw new AssertionError("%s: %d bytes, expected one of %s".formatted(when, read.length, lengths));
        }
        for (int from = 0; from < Math.min(read.length, unknownFrom); from += SECTOR) {
            checkSector(read, from, Math.min(from + SECTOR, read.length), when);
        }
    }

    private void checkSector(byte[] read, int from, int end, String when) {
        int there = Math.min(end, flushed.length);
        if (there == end && Arrays.equals(read, from, end, flushed, from, end)) {
            return;
        }
        byte[] version = new byte[end - from];
        if (there > from) {
            System.arraycopy(flushed, from, version, 0, there - from);
        }
        int differs = Arrays.mismatch(read, from, end, version, 0, version.length);
        for (Change each : since) {
            if (differs < 0) {
                return;
            }
            if (each.touches(from, end)) {
                int first = Math.max(from, each.offset);
                int length = Math.min(end, each.offset + each.bytes.length) - first;
                System.arraycopy(each.bytes, first - each.offset, version, first - from, length);
                if (Arrays.equals(read, from, end, version, 0, version.length)) {
                    return;
                }
            }
        }
        if (differs >= 0) {
            throw new AssertionError("%s: byte %d is neither what was flushed nor what was written since (%d times)"
                    .formatted(
                            when,
                            from + differs,
                            since.stream()
                                    .filter(each -> each.touches(from, end))
                                    .count()));
        }
    }

    /** Fails unless there may be these snapshots. */
    void checkNames(Set<String> names, String when) {
        for (String each : snapshots.keySet()) {
            if (!names.contains(each) && !each.equals(coming) && !each.equals(going)) {
                throw new AssertionError("%s: snapshot %s is lost, there are %s".formatted(when, each, names));
            }
        }
        if (!snapshots.keySet().containsAll(names)) {
            throw new AssertionError("%s: there are %s, expected %s".formatted(when, names, snapshots.keySet()));
        }
    }

    void checkSnapshot(String name, byte[] read, String when) {
        if (!Arrays.equals(read, snapshots.get(name))) {
            throw new AssertionError("%s: snapshot %s does not read as what it was".formatted(when, name));
        }
    }
}
