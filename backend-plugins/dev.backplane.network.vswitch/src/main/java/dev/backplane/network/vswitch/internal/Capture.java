package dev.backplane.network.vswitch.internal;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.FrameQueue;
import dev.backplane.api.network.NetworkContext;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.RevokedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/**
 * Writes frames to a pcap file (draft-ietf-opsawg-pcap) on a thread of the part. What it cannot write in time is left out, with a line
 * in the log. The file is the bay's: a successor goes on at its end.
 */
final class Capture {
    private static final int MAGIC_NANOS = 0xa1b2_3c4d;
    private static final short MAJOR = 2;
    private static final short MINOR = 4;
    private static final int ETHERNET = 1;
    private static final int HEADER_BYTES = 24;
    private static final int RECORD_BYTES = 16;
    private static final int QUEUE_BYTES = 4 << 20;

    private final NetworkContext context;
    private final FileChannel file;
    private final FrameQueue queue = new FrameQueue(QUEUE_BYTES);
    private final ByteBuffer record = ByteBuffer.allocate(RECORD_BYTES + Frame.MOST_BYTES);
    private boolean running;
    private volatile boolean stopping;

    private Capture(NetworkContext context, FileChannel file) {
        this.context = context;
        this.file = file;
    }

    /** Opens the file, or finds it open. */
    static Capture to(Path path, NetworkContext context) throws ConfigurationException {
        return new Capture(context, context.resource("capture", FileChannel.class, () -> open(path)));
    }

    private static FileChannel open(Path path) throws ConfigurationException {
        try {
            FileChannel opened = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
            writeFully(
                    opened,
                    ByteBuffer.allocate(HEADER_BYTES)
                            .putInt(MAGIC_NANOS)
                            .putShort(MAJOR)
                            .putShort(MINOR)
                            .putInt(0)
                            .putInt(0)
                            .putInt(Frame.MOST_BYTES)
                            .putInt(ETHERNET)
                            .flip());
            return opened;
        } catch (IOException e) {
            throw new ConfigurationException("capture: %s cannot be written: %s".formatted(path, e.getMessage()), e);
        }
    }

    private static void writeFully(FileChannel file, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }

    /** A frame passes. Any thread; does not block. */
    void saw(Frame frame) {
        queue.offer(frame);
    }

    synchronized void start() {
        stopping = false;
        if (!running) {
            running = true;
            context.executor().execute(this::run);
        }
    }

    /** Returns when everything is written. */
    synchronized void stop(Deadline deadline) throws InterruptedException {
        stopping = true;
        queue.wake();
        while (running) {
            if (deadline.passed()) {
                throw new IllegalStateException("the capture file takes no more");
            }
            TimeUnit.NANOSECONDS.timedWait(this, deadline.remainingNanos());
        }
    }

    private void run() {
        Frame frame = new Frame();
        try {
            boolean more = true;
            while (more) {
                if (stopping ? queue.peek(frame) : queue.await(frame)) {
                    write(frame);
                    queue.remove();
                }
                if (queue.takeRefused()) {
                    context.logger()
                            .log(System.Logger.Level.WARNING, "the capture file is too slow: frames are missing");
                }
                more = !stopping || queue.frames() > 0;
            }
        } catch (RevokedException e) {
            // Nobody wants it any more.
        } catch (IOException | InterruptedException e) {
            context.logger().log(System.Logger.Level.WARNING, "the capture ends: {0}", e.getMessage());
        } finally {
            synchronized (this) {
                running = false;
                notifyAll();
            }
        }
    }

    private void write(Frame frame) throws IOException {
        Instant now = Instant.now();
        record.clear()
                .putInt((int) now.getEpochSecond())
                .putInt(now.getNano())
                .putInt(frame.length())
                .putInt(frame.length())
                .put(frame.memory().asSlice(0, frame.length()).asByteBuffer());
        writeFully(file, record.flip());
    }
}
