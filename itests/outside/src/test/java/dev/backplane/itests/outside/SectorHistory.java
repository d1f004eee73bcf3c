package dev.backplane.itests.outside;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What each sector of a disk may hold after a kill, as its clients know it. A sector's bytes follow from a stamp, of which each write has its
 * own; 0 are zeros. Any thread.
 */
final class SectorHistory {
    static final int SECTOR = 512;

    private final List<List<Version>> sectors = new ArrayList<>();
    private long stamps;
    private long answers;

    private static final class Version {
        private final long stamp;
        /** Nobody has to do what a trim asks for. */
        private final boolean trimmed;
        /** The number of the answer; later than any as long as there is none. */
        private long answered = Long.MAX_VALUE;

        Version(long stamp, boolean trimmed) {
            this.stamp = stamp;
            this.trimmed = trimmed;
        }
    }

    /** A request that is on its way. */
    record Request(int first, int count, long stamp, List<Version> versions) {}

    /** What a request does to its sectors. */
    enum Kind {
        WRITE,
        ZERO,
        TRIM
    }

    /** A disk of zeros. */
    SectorHistory(int count) {
        for (int i = 0; i < count; i++) {
            sectors.add(new ArrayList<>(List.of(new Version(0, false))));
            sectors.get(i).getFirst().answered = 0;
        }
    }

    /** A request is about to be sent; null where another one is on its way to one of the sectors. */
    synchronized Request begin(int first, int count, Kind kind) {
        for (int i = first; i < first + count; i++) {
            if (sectors.get(i).getLast().answered == Long.MAX_VALUE) {
                return null;
            }
        }
        long stamp = kind == Kind.WRITE ? ++stamps : 0;
        List<Version> versions = new ArrayList<>();
        for (int i = first; i < first + count; i++) {
            Version version = new Version(stamp, kind == Kind.TRIM);
            versions.add(version);
            sectors.get(i).add(version);
        }
        return new Request(first, count, stamp, versions);
    }

    /** It has been answered; with {@code stable} nothing that was there before may come back. */
    synchronized void answered(Request request, boolean stable) {
        answers++;
        for (int i = 0; i < request.count; i++) {
            request.versions.get(i).answered = answers;
            if (stable) {
                settle(sectors.get(request.first + i), answers);
            }
        }
    }

    /** A flush is about to be sent. Returns what {@link #flushed} is to be told. */
    synchronized long answers() {
        return answers;
    }

    /** A flush has been answered that was sent behind so many answers. */
    synchronized void flushed(long answers) {
        sectors.forEach(versions -> settle(versions, answers));
    }

    private static void settle(List<Version> versions, long answers) {
        for (int i = versions.size() - 1; i > 0; i--) {
            if (!versions.get(i).trimmed && versions.get(i).answered <= answers) {
                versions.subList(0, i).clear();
                return;
            }
        }
    }

    static byte[] bytes(long stamp, int first, int count) {
        ByteBuffer all = ByteBuffer.allocate(count * SECTOR);
        for (int i = 0; i < count && stamp != 0; i++) {
            all.putLong(i * SECTOR, stamp);
            for (int at = 8; at < SECTOR; at += 8) {
                // splitmix64
                long word = stamp * 0x9e3779b97f4a7c15L + (long) (first + i) * SECTOR + at;
                word = (word ^ word >>> 30) * 0xbf58476d1ce4e5b9L;
                all.putLong(i * SECTOR + at, word ^ word >>> 27);
            }
        }
        return all.array();
    }

    /** Fails unless a disk may read so, which is what it holds from now on, or before another kill. */
    synchronized void check(byte[] disk, boolean settled, String when) {
        ByteBuffer all = ByteBuffer.wrap(disk);
        for (int i = 0; i < sectors.size(); i++) {
            long stamp = all.getLong(i * SECTOR);
            List<Version> allowed = sectors.get(i);
            boolean known = allowed.stream().anyMatch(version -> version.stamp == stamp);
            if (!known || !all.slice(i * SECTOR, SECTOR).equals(ByteBuffer.wrap(bytes(stamp, i, 1)))) {
                throw new AssertionError("%s: sector %d begins with %d, expected one of %s"
                        .formatted(
                                when,
                                i,
                                stamp,
                                allowed.stream().map(version -> version.stamp).toList()));
            }
            if (settled) {
                allowed.removeIf(version -> version.stamp != stamp);
                allowed.subList(0, allowed.size() - 1).clear();
                allowed.getFirst().answered = 0;
            }
        }
    }
}
