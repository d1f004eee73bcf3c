package dev.backplane.network.user.internal;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What goes to the guest: bytes of the host in a ring until they are acknowledged, the guest's window, congestion control
 * (RFC 5681, with the answer to partial acknowledgments of RFC 6582) and the timer (RFC 6298). It says what to send; who sends
 * it says that it did. Times are nanoseconds.
 */
final class TcpSender {
    /** So much data in one frame at most, in whole segments, which the device or the guest cuts: as a packet of IP has room for. */
    static final int MOST_AT_ONCE = 60 << 10;
    /** So many tries without an answer, the last ones a minute apart. */
    static final int MOST_TRIES = 10;

    private static final int DUPLICATES = 3;
    private static final int FIRST_SEGMENTS = 10;
    private static final long NEVER = Long.MAX_VALUE;

    private final ByteRing.Pool pool;
    private final RoundTrip roundTrip = new RoundTrip();
    private @Nullable ByteRing ring;
    private int segmentBytes = TcpSegment.DEFAULT_SEGMENT_BYTES;
    /** SND.UNA. */
    private int unacknowledged;
    /** SND.NXT; less than {@link #furthest} while something is sent again. */
    private int next;
    /** The end of all that was ever sent. */
    private int furthest;
    /** The end of what the host has given. */
    private int end;

    private boolean closing;
    /** SND.WND, SND.WL1 and SND.WL2. */
    private int window;

    private int windowSequence;
    private int windowAcknowledgment;

    private int congestion;
    private int threshold = Integer.MAX_VALUE;
    private int duplicates;
    private boolean recovering;
    private int recovery;
    private boolean resend;

    private int tries;
    private long timer = NEVER;
    private boolean timing;
    private int timed;
    private long timedSince;

    TcpSender(ByteRing.Pool pool) {
        this.pool = pool;
    }

    /** Begins with a SYN that has this number. */
    void begin(int first) {
        unacknowledged = first;
        next = first + 1;
        furthest = next;
        end = next;
    }

    /** What the guest takes in one segment, and the network. */
    void setSegmentBytes(int bytes) {
        segmentBytes = bytes;
        congestion = FIRST_SEGMENTS * bytes;
    }

    int segmentBytes() {
        return segmentBytes;
    }

    /** The guest has acknowledged our SYN. */
    void established(TcpSegment segment) {
        unacknowledged = next;
        window = segment.window;
        windowSequence = segment.sequence;
        windowAcknowledgment = segment.acknowledgment;
        tries = 0;
        timer = NEVER;
        roundTrip.progress();
    }

    int unacknowledged() {
        return unacknowledged;
    }

    int next() {
        return next;
    }

    int furthest() {
        return furthest;
    }

    /** Room for bytes of the host. */
    int room() {
        return closing ? 0 : ByteRing.CAPACITY - (end - unacknowledged);
    }

    /** Takes what the host has. Returns -1 at its end, after which nothing more is taken. */
    int fill(HostStream host) throws IOException {
        if (room() == 0) {
            return 0;
        }
        ByteRing taken = ring;
        if (taken == null) {
            taken = pool.take();
            ring = taken;
        }
        int count = host.read(taken.view(end, room()));
        if (count < 0) {
            closing = true;
        } else {
            end += count;
        }
        releaseIfEmpty();
        return count;
    }

    /** Whether the host has said that nothing more comes. */
    boolean isClosing() {
        return closing;
    }

    /** Whether our FIN was sent. */
    boolean isFinSent() {
        return closing && furthest == end + 1;
    }

    /** Whether the guest has everything, our FIN among it. */
    boolean isFinAcknowledged() {
        return isFinSent() && unacknowledged == end + 1;
    }

    /** Whether nothing waits to be sent or acknowledged. */
    boolean isIdle() {
        return unacknowledged == furthest && unacknowledged == end;
    }

    /** How much data to send now from {@link #next} on; none where windows, or the lack of data, forbid it. */
    int sendable() {
        int data = end - next;
        int flight = next - unacknowledged;
        int allowed = Math.min(Math.min(window, congestion) - flight, Math.max(segmentBytes, MOST_AT_ONCE));
        int length = Math.min(data, allowed);
        if (length <= 0) {
            return 0;
        }
        if (length == data) {
            return length;
        }
        // A small piece only where nothing else would ever move the window (RFC 9293 3.8.6.2.1).
        int whole = length - length % segmentBytes;
        return whole > 0 ? whole : flight == 0 ? length : 0;
    }

    /** Whether a FIN goes with, or after, so much data. */
    boolean isFinDue(int length) {
        return closing && next + length == end && (next + length - unacknowledged < window || length > 0);
    }

    /** Takes data to be sent out of the ring. */
    void copy(int sequence, byte[] target, int at, int length) {
        if (ring != null) {
            ring.get(sequence, target, at, length);
        }
    }

    /** Notes that so much of the sequence was sent from {@link #next} on. */
    void sent(int span, long now) {
        next += span;
        if (next - furthest > 0) {
            furthest = next;
            if (!timing) {
                timing = true;
                timed = next;
                timedSince = now;
            }
        }
        if (timer == NEVER) {
            timer = now + roundTrip.timeout();
        }
    }

    /** Looks whether nothing can be sent for want of window: then the guest is asked now and then. */
    void settle(long now) {
        boolean unsent = end - next > 0 || closing && next == end;
        boolean waits = unacknowledged == next && unsent && !isFinDue(0);
        if (waits && sendable() == 0 && timer == NEVER) {
            timer = now + roundTrip.timeout();
        }
    }

    /** Whether the first segment has to be sent again at once. */
    boolean takeResend() {
        boolean taken = resend;
        resend = false;
        return taken;
    }

    /** How long the segment is that is sent again at once. */
    int resendLength() {
        return Math.min(segmentBytes, Math.min(end, furthest) - unacknowledged);
    }

    /**
     * Takes the acknowledgment and the window of a segment.
     *
     * @return false for an acknowledgment of what was never sent
     */
    boolean acknowledge(TcpSegment segment, long now) {
        int acknowledgment = segment.acknowledgment;
        if (acknowledgment - furthest > 0) {
            return false;
        }
        if (acknowledgment - unacknowledged < 0) {
            return true;
        }
        boolean sameWindow = segment.window == window;
        if (windowSequence - segment.sequence < 0
                || windowSequence == segment.sequence && windowAcknowledgment - acknowledgment <= 0) {
            window = segment.window;
            windowSequence = segment.sequence;
            windowAcknowledgment = acknowledgment;
        }
        if (acknowledgment == unacknowledged) {
            if (unacknowledged != furthest && sameWindow && segment.span() == 0 && window > 0) {
                duplicate();
            } else if (unacknowledged == furthest) {
                // The answer to a question about the window.
                tries = 0;
                if (window > 0) {
                    timer = NEVER;
                    roundTrip.progress();
                }
            }
            return true;
        }
        progress(acknowledgment, now);
        return true;
    }

    private void progress(int acknowledgment, long now) {
        int bytes = acknowledgment - unacknowledged;
        unacknowledged = acknowledgment;
        if (next - unacknowledged < 0) {
            next = unacknowledged;
        }
        tries = 0;
        duplicates = 0;
        roundTrip.progress();
        if (timing && acknowledgment - timed >= 0) {
            timing = false;
            roundTrip.sample(now - timedSince);
        }
        if (recovering) {
            recovering = acknowledgment - recovery < 0;
            resend = recovering;
        } else if (congestion < threshold) {
            congestion += bytes;
        } else {
            congestion += (int) Math.max(1, (long) segmentBytes * bytes / congestion);
        }
        congestion = Math.min(congestion, ByteRing.CAPACITY);
        timer = unacknowledged == furthest ? NEVER : now + roundTrip.timeout();
        releaseIfEmpty();
    }

    private void duplicate() {
        duplicates++;
        if (duplicates == DUPLICATES && !recovering) {
            slowDown();
            congestion = threshold;
            recovering = true;
            recovery = furthest;
            resend = true;
            timing = false;
        }
    }

    private void slowDown() {
        threshold = Math.max((furthest - unacknowledged) / 2, 2 * segmentBytes);
    }

    /** When {@link #expire} is to be called. */
    long timer() {
        return timer;
    }

    /**
     * The timer has expired: what was not acknowledged will be sent again, or the guest is to be asked for its window.
     *
     * @return false when that was done often enough
     */
    boolean expire(long now) {
        tries++;
        roundTrip.expired();
        timing = false;
        if (unacknowledged != furthest) {
            slowDown();
            congestion = segmentBytes;
            next = unacknowledged;
            duplicates = 0;
            recovering = false;
        }
        timer = now + roundTrip.timeout();
        return tries <= MOST_TRIES;
    }

    /** Whether something was sent that is not acknowledged. */
    boolean isInFlight() {
        return unacknowledged != furthest;
    }

    private void releaseIfEmpty() {
        if (end - unacknowledged <= 0) {
            release();
        }
    }

    /** Gives up what waits. */
    void release() {
        if (ring != null) {
            pool.give(ring);
            ring = null;
        }
    }

    /** What is not acknowledged. */
    byte[] waiting() {
        byte[] bytes = new byte[Math.max(0, end - unacknowledged)];
        copy(unacknowledged, bytes, 0, bytes.length);
        return bytes;
    }

    int window() {
        return window;
    }

    int windowSequence() {
        return windowSequence;
    }

    /** Goes on as one that had sent so much. */
    void restore(TcpState state, long now) {
        unacknowledged = state.unacknowledged();
        furthest = state.sent();
        next = furthest;
        end = unacknowledged;
        closing = state.closing();
        window = state.window();
        windowSequence = state.windowSequence();
        windowAcknowledgment = unacknowledged;
        byte[] waiting = state.toSend();
        if (waiting.length > 0) {
            ring = pool.take();
            ring.put(unacknowledged, waiting, 0, waiting.length);
            end += waiting.length;
        } else if (state.finAcknowledged()) {
            end--;
        }
        if (isInFlight()) {
            timer = now + roundTrip.timeout();
        }
    }
}
