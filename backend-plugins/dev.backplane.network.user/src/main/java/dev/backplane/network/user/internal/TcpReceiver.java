package dev.backplane.network.user.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What comes from the guest. Bytes in order go to the host at once; what the host does not take, and what lies behind a gap,
 * waits in a ring, which there is only while something waits. The window never says more than the ring has room for.
 */
final class TcpReceiver {
    /** So many pieces behind gaps are remembered; the guest sends others again. */
    static final int MOST_PIECES = 4;

    private final ByteRing.Pool pool;
    private final int[] pieceStarts = new int[MOST_PIECES];
    private final int[] pieceEnds = new int[MOST_PIECES];
    private int pieces;
    private @Nullable ByteRing ring;
    /** The first byte that the host has not taken. */
    private int start;
    /** RCV.NXT. */
    private int next;
    /** The end of the window that the guest knows. */
    private int edge;

    private boolean finished;

    TcpReceiver(ByteRing.Pool pool) {
        this.pool = pool;
    }

    /** Begins behind the guest's SYN. */
    void begin(int first) {
        start = first;
        next = first;
        edge = first + ByteRing.CAPACITY;
    }

    /** RCV.NXT. */
    int next() {
        return next;
    }

    /** Whether the guest has said that nothing more comes. */
    boolean isFinished() {
        return finished;
    }

    /** Whether the host has taken everything. */
    boolean isDrained() {
        return start == end();
    }

    /** RCV.WND, as the guest knows it. */
    int window() {
        return Math.max(0, edge - next);
    }

    /** The window to be told to the guest, which knows it from then on. It is not moved by a little (RFC 9293 3.8.6.2.2). */
    int advertise(int segmentBytes) {
        if (gain() >= Math.min(segmentBytes, ByteRing.CAPACITY / 2)) {
            edge = start + ByteRing.CAPACITY;
        }
        return window();
    }

    /** Whether the window has opened so far that the guest should know. */
    boolean owesUpdate(int segmentBytes) {
        return !finished
                && gain() >= Math.min(2 * segmentBytes, ByteRing.CAPACITY / 2)
                && window() < ByteRing.CAPACITY / 2;
    }

    /** The end of the data: the guest's FIN has a number, too. */
    private int end() {
        return finished ? next - 1 : next;
    }

    private int gain() {
        return start + ByteRing.CAPACITY - edge;
    }

    /** Whether a segment has anything to do with the window (RFC 9293 3.10.7.4). Where that is closed, one without data has. */
    boolean accepts(TcpSegment segment) {
        int offset = segment.sequence - next;
        int window = window();
        if (offset == 0) {
            return true;
        }
        return offset < window && (segment.span() == 0 ? offset > 0 : offset + segment.span() > 0);
    }

    /** Takes data of a segment that was accepted. */
    void take(TcpSegment segment, HostStream host) throws IOException {
        int sequence = segment.sequence;
        int from = segment.data;
        int length = segment.length;
        int known = next - sequence;
        if (known > 0) {
            sequence += known;
            from += known;
            length -= known;
        }
        length = Math.min(length, edge - sequence);
        if (length <= 0 || finished) {
            return;
        }
        if (sequence != next) {
            keepPiece(sequence, segment.bytes, from, length);
            return;
        }
        int written = start == next ? host.write(ByteBuffer.wrap(segment.bytes, from, length)) : 0;
        start += written;
        if (written < length) {
            ring().put(sequence + written, segment.bytes, from + written, length - written);
        }
        next += length;
        joinPieces();
        drain(host);
    }

    /** Takes the guest's FIN, where nothing is missing before it. */
    boolean finish(int sequence) {
        if (sequence != next || finished) {
            return false;
        }
        finished = true;
        next++;
        if (edge - next < 0) {
            edge = next;
        }
        pieces = 0;
        return true;
    }

    /** Gives the host what it takes. */
    void drain(HostStream host) throws IOException {
        ByteRing waiting = ring;
        if (waiting == null) {
            return;
        }
        int end = end();
        while (start != end) {
            int written = host.write(waiting.view(start, end - start));
            if (written == 0) {
                return;
            }
            start += written;
        }
        if (pieces == 0) {
            release();
        }
    }

    private ByteRing ring() {
        ByteRing taken = ring;
        if (taken == null) {
            taken = pool.take();
            ring = taken;
        }
        return taken;
    }

    /** Gives up what waits. */
    void release() {
        if (ring != null) {
            pool.give(ring);
            ring = null;
        }
        pieces = 0;
    }

    private void keepPiece(int from, byte[] bytes, int at, int length) {
        int to = from + length;
        // Grown together with those that it touches, so that each byte is in one piece only.
        for (int i = pieces - 1; i >= 0; i--) {
            if (from - pieceEnds[i] <= 0 && pieceStarts[i] - to <= 0) {
                pieceStarts[i] = from - pieceStarts[i] < 0 ? from : pieceStarts[i];
                pieceEnds[i] = to - pieceEnds[i] > 0 ? to : pieceEnds[i];
                ring().put(from, bytes, at, length);
                return;
            }
        }
        if (pieces < MOST_PIECES) {
            pieceStarts[pieces] = from;
            pieceEnds[pieces] = to;
            pieces++;
            ring().put(from, bytes, at, length);
        }
    }

    /** Pieces that the gap before them does not keep any more follow. They may overlap each other. */
    private void joinPieces() {
        for (int i = 0; i < pieces; ) {
            if (pieceStarts[i] - next > 0) {
                i++;
                continue;
            }
            if (pieceEnds[i] - next > 0) {
                next = pieceEnds[i];
            }
            pieces--;
            pieceStarts[i] = pieceStarts[pieces];
            pieceEnds[i] = pieceEnds[pieces];
            i = 0;
        }
    }

    /** What the host has not taken. */
    byte[] waiting() {
        byte[] bytes = new byte[end() - start];
        if (ring != null) {
            ring.get(start, bytes, 0, bytes.length);
        }
        return bytes;
    }

    /** Goes on as one that had received so much. */
    void restore(TcpState state) {
        byte[] waiting = state.received();
        next = state.next();
        edge = state.edge();
        finished = state.finished();
        start = end() - waiting.length;
        if (waiting.length > 0) {
            ring().put(start, waiting, 0, waiting.length);
        }
    }

    int edge() {
        return edge;
    }
}
