package dev.backplane.api.network;

import dev.backplane.api.state.StateException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A bounded queue of frames between threads that must not block and one that may: what a {@link NetworkPort} is made of. It is bounded in
 * bytes, of which each frame takes its length and {@value #RECORD_BYTES}. Callable on any thread; allocates only where it says so.
 *
 * <p>The thread that empties it looks first and removes what it could deliver, so that the queue always holds what is not
 * delivered yet, which is what a part saves:
 *
 * <pre>{@code
 * if (queue.await(frame)) {                     // false: woken
 *     channel.write(frame.memory().asSlice(0, frame.length()).asByteBuffer());
 *     queue.remove();
 *     if (queue.takeRefused()) {
 *         context.writable();
 *     }
 * }
 * }</pre>
 */
public final class FrameQueue {
    /** What a frame takes beside its bytes. */
    public static final int RECORD_BYTES = 12;

    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    // A record: the length, what is left to do, then the frame. It may wrap round.
    private static final int LENGTH = 0;
    private static final int FLAGS = 3;
    private static final int CHECKSUM_START = 4;
    private static final int CHECKSUM_OFFSET = 6;
    private static final int SEGMENT_BYTES = 8;
    private static final int SEGMENTATION = 10;

    private static final int CHECKSUM_TO_DO = 1;
    private static final int CHECKSUM_GOOD = 2;
    private static final int CONGESTION = 4;

    private static final Frame.Segmentation[] SEGMENTATIONS = Frame.Segmentation.values();

    private final MemorySegment ring;
    private final int capacity;
    private final MemorySegment head = MemorySegment.ofArray(new byte[RECORD_BYTES]);
    private int first;
    private int used;
    private int frames;
    private boolean refused;
    private boolean woken;

    /**
     * An empty queue.
     *
     * @param capacityBytes how much it holds; at least one frame of the greatest length
     */
    public FrameQueue(int capacityBytes) {
        if (capacityBytes < Frame.MOST_BYTES + RECORD_BYTES) {
            throw new IllegalArgumentException("a queue of %d bytes: expected room for one frame, %d"
                    .formatted(capacityBytes, Frame.MOST_BYTES + RECORD_BYTES));
        }
        capacity = capacityBytes;
        ring = MemorySegment.ofArray(new byte[capacityBytes]);
    }

    /**
     * Appends a frame.
     *
     * @param frame copied, with what is left to do
     * @return false when there is no room
     */
    public synchronized boolean offer(Frame frame) {
        int length = frame.length();
        if (length > Frame.MOST_BYTES || RECORD_BYTES + length > capacity - used) {
            refused = true;
            return false;
        }
        head.set(U32, LENGTH, length << 8);
        head.set(ValueLayout.JAVA_BYTE, FLAGS, (byte) ((frame.hasChecksumToDo() ? CHECKSUM_TO_DO : 0)
                | (frame.hasChecksumGood() ? CHECKSUM_GOOD : 0)
                | (frame.hasCongestion() ? CONGESTION : 0)));
        head.set(U16, CHECKSUM_START, (short) frame.checksumStart());
        head.set(U16, CHECKSUM_OFFSET, (short) frame.checksumOffset());
        head.set(U16, SEGMENT_BYTES, (short) frame.segmentBytes());
        head.set(U16, SEGMENTATION, (short) frame.segmentation().ordinal());
        append(head, RECORD_BYTES);
        append(frame.memory(), length);
        frames++;
        notifyAll();
        return true;
    }

    private void append(MemorySegment source, int bytes) {
        int at = index(used);
        int straight = Math.min(bytes, capacity - at);
        MemorySegment.copy(source, 0, ring, at, straight);
        MemorySegment.copy(source, straight, ring, 0, bytes - straight);
        used += bytes;
    }

    /**
     * Takes the oldest frame.
     *
     * @param frame filled, with what is left to do
     * @return false when there is none
     */
    public synchronized boolean poll(Frame frame) {
        boolean found = peek(frame);
        if (found) {
            remove();
        }
        return found;
    }

    /**
     * Looks at the oldest frame.
     *
     * @param frame filled, with what is left to do
     * @return false when there is none
     */
    public synchronized boolean peek(Frame frame) {
        if (frames == 0) {
            return false;
        }
        int length = readHead();
        frame.reset(length);
        copy(RECORD_BYTES, frame.memory(), length);
        int flags = head.get(ValueLayout.JAVA_BYTE, FLAGS);
        if ((flags & CHECKSUM_TO_DO) != 0) {
            frame.withChecksumToDo(u16(CHECKSUM_START), u16(CHECKSUM_OFFSET));
        }
        if ((flags & CHECKSUM_GOOD) != 0) {
            frame.withChecksumGood();
        }
        if ((flags & CONGESTION) != 0) {
            frame.withCongestion();
        }
        if (u16(SEGMENTATION) != 0) {
            frame.withSegmentation(SEGMENTATIONS[u16(SEGMENTATION)], u16(SEGMENT_BYTES));
        }
        return true;
    }

    private int u16(int at) {
        return head.get(U16, at) & 0xffff;
    }

    /** Reads the first record's head; returns the frame's length. */
    private int readHead() {
        copy(0, head, RECORD_BYTES);
        return head.get(U32, LENGTH) >>> 8;
    }

    private void copy(int distance, MemorySegment target, int bytes) {
        int at = index(distance);
        int straight = Math.min(bytes, capacity - at);
        MemorySegment.copy(ring, at, target, 0, straight);
        MemorySegment.copy(ring, 0, target, straight, bytes - straight);
    }

    /** Removes the oldest frame, if there is one. */
    public synchronized void remove() {
        if (frames > 0) {
            int bytes = RECORD_BYTES + readHead();
            first = index(bytes);
            used -= bytes;
            frames--;
        }
    }

    /**
     * Looks at the oldest frame; waits until there is one, or until {@link #wake}.
     *
     * @param frame filled, with what is left to do
     * @return false when woken
     * @throws InterruptedException when interrupted while it waits
     */
    public synchronized boolean await(Frame frame) throws InterruptedException {
        while (frames == 0 && !woken) {
            wait();
        }
        if (woken) {
            woken = false;
            return false;
        }
        return peek(frame);
    }

    /** Ends the wait of the thread in {@link #await}, or else its next one at once. Wakes do not add up. */
    public synchronized void wake() {
        woken = true;
        notifyAll();
    }

    /**
     * Whether a frame was refused since the last call: then its sender is to be told once there is room again.
     *
     * @return true once after a refusal
     */
    public synchronized boolean takeRefused() {
        boolean taken = refused;
        refused = false;
        return taken;
    }

    /**
     * How many frames it holds.
     *
     * @return none where it is empty
     */
    public synchronized int frames() {
        return frames;
    }

    /** Forgets all frames. */
    public synchronized void clear() {
        first = 0;
        used = 0;
        frames = 0;
    }

    /**
     * What it holds, for a part's state.
     *
     * @return a new array, for {@link #restore}
     */
    public synchronized byte[] save() {
        byte[] saved = new byte[used];
        copy(0, MemorySegment.ofArray(saved), used);
        return saved;
    }

    /**
     * Fills it with what a predecessor held.
     *
     * @param saved as {@link #save} returned it
     * @throws StateException when that cannot be: it is empty then
     */
    public synchronized void restore(byte[] saved) throws StateException {
        clear();
        if (saved.length > capacity) {
            throw new StateException("frames of %d bytes: expected at most %d".formatted(saved.length, capacity));
        }
        MemorySegment.copy(MemorySegment.ofArray(saved), 0, ring, 0, saved.length);
        int found = 0;
        int at = 0;
        for (; at <= saved.length - RECORD_BYTES; found++) {
            first = at;
            int length = readHead();
            if (length > Frame.MOST_BYTES || u16(SEGMENTATION) >= SEGMENTATIONS.length) {
                break;
            }
            at += RECORD_BYTES + length;
        }
        first = 0;
        if (at != saved.length) {
            throw new StateException(
                    "frames of %d bytes are cut off or damaged at byte %d".formatted(saved.length, at));
        }
        used = saved.length;
        frames = found;
    }

    private int index(int distance) {
        int at = first + distance;
        return at >= capacity ? at - capacity : at;
    }
}
