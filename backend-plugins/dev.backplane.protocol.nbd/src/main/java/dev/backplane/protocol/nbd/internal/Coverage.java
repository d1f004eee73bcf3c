package dev.backplane.protocol.nbd.internal;

import dev.backplane.nbd.wire.NbdException;

/** Which parts of a read have come. A server may send them in any order, and must send each once. For one thread at a time. */
final class Coverage {
    /** More pieces that do not touch no server has a reason for. */
    private static final int MOST_PIECES = 256;

    private final long[] begins = new long[MOST_PIECES];
    private final long[] ends = new long[MOST_PIECES];
    private int pieces;

    void clear() {
        pieces = 0;
    }

    void add(long begin, long end) throws NbdException {
        int at = pieces;
        while (at > 0 && begins[at - 1] >= begin) {
            at--;
        }
        boolean overlaps = at > 0 && ends[at - 1] > begin || at < pieces && begins[at] < end;
        if (overlaps) {
            throw new NbdException("bytes %d to %d of a read came twice".formatted(begin, end));
        }
        if (at > 0 && ends[at - 1] == begin) {
            ends[at - 1] = end;
            if (at < pieces && begins[at] == end) {
                ends[at - 1] = ends[at];
                remove(at);
            }
        } else if (at < pieces && begins[at] == end) {
            begins[at] = begin;
        } else {
            insert(at, begin, end);
        }
    }

    private void insert(int at, long begin, long end) throws NbdException {
        if (pieces == MOST_PIECES) {
            throw new NbdException("a read came in more than %d pieces".formatted(MOST_PIECES));
        }
        System.arraycopy(begins, at, begins, at + 1, pieces - at);
        System.arraycopy(ends, at, ends, at + 1, pieces - at);
        begins[at] = begin;
        ends[at] = end;
        pieces++;
    }

    private void remove(int at) {
        pieces--;
        System.arraycopy(begins, at + 1, begins, at, pieces - at);
        System.arraycopy(ends, at + 1, ends, at, pieces - at);
    }

    /** Whether all has come. */
    boolean isWhole(long length) {
        return length == 0 ? pieces == 0 : pieces == 1 && begins[0] == 0 && ends[0] == length;
    }
}
