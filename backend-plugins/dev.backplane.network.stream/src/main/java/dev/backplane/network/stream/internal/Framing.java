package dev.backplane.network.stream.internal;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.FrameQueue;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/**
 * Frames in a stream: each behind its length in four bytes, big-endian. Between the channel and the two queues; never blocks where the channel
 * does not. For one thread at a time.
 */
final class Framing {
    static final int LENGTH_BYTES = 4;

    private final FrameQueue incoming;
    private final FrameQueue outgoing;
    private final Frame frame = new Frame();
    /** What has been received and is not a frame in the queue yet. Ready to be filled. */
    private final ByteBuffer received = ByteBuffer.allocate(LENGTH_BYTES + Frame.MOST_BYTES);
    /** What is to be sent of one frame. Ready to be emptied. */
    private final ByteBuffer sending =
            ByteBuffer.allocate(LENGTH_BYTES + Frame.MOST_BYTES).limit(0);

    Framing(FrameQueue incoming, FrameQueue outgoing) {
        this.incoming = incoming;
        this.outgoing = outgoing;
    }

    /** Receives what there is room for; false where the far end has closed. */
    boolean receive(ReadableByteChannel channel) throws IOException {
        int count = received.hasRemaining() ? channel.read(received) : 0;
        return unpack() > 0 || count >= 0;
    }

    /** Queues the frames that are whole, and for which there is room; returns how many. */
    int unpack() throws IOException {
        received.flip();
        int frames = 0;
        boolean more = true;
        while (more && received.remaining() >= LENGTH_BYTES) {
            int length = received.getInt(received.position());
            if (length < 0 || length > Frame.MOST_BYTES) {
                throw new IOException("a frame of %d bytes: expected at most %d"
                        .formatted(Integer.toUnsignedLong(length), Frame.MOST_BYTES));
            }
            more = received.remaining() >= LENGTH_BYTES + length && queue(length);
            frames += more ? 1 : 0;
        }
        received.compact();
        return frames;
    }

    private boolean queue(int length) {
        MemorySegment bytes = MemorySegment.ofBuffer(received).asSlice(LENGTH_BYTES, length);
        MemorySegment.copy(bytes, 0, frame.reset(length).memory(), 0, length);
        boolean queued = incoming.offer(frame);
        if (queued) {
            received.position(received.position() + LENGTH_BYTES + length);
        }
        return queued;
    }

    /** Whether a frame is whole and waits for room in the queue. */
    boolean isFull() {
        return received.position() >= LENGTH_BYTES && received.position() >= LENGTH_BYTES + received.getInt(0);
    }

    /** Sends as much as the channel takes. */
    void send(WritableByteChannel channel) throws IOException {
        boolean takes = true;
        while (takes && (sending.hasRemaining() || next())) {
            channel.write(sending);
            takes = !sending.hasRemaining();
        }
    }

    private boolean next() {
        if (!outgoing.poll(frame)) {
            return false;
        }
        sending.clear()
                .putInt(frame.length())
                .put(frame.memory().asSlice(0, frame.length()).asByteBuffer())
                .flip();
        return true;
    }

    boolean hasToSend() {
        return sending.hasRemaining() || outgoing.frames() > 0;
    }

    /** The connection has ended, and half of a frame is none. */
    void forget() {
        received.clear();
        sending.limit(0);
    }

    byte[] received() {
        byte[] bytes = new byte[received.position()];
        received.get(0, bytes);
        return bytes;
    }

    byte[] sending() {
        byte[] bytes = new byte[sending.remaining()];
        sending.get(sending.position(), bytes);
        return bytes;
    }

    void restore(byte[] begun, byte[] rest) {
        received.clear().put(begun);
        sending.clear().put(rest).flip();
    }
}
