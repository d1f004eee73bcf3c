package dev.backplane.api.console;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.RevokedException;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * Moves bytes from a queue to a far end that may block, on a thread of the part: what most {@link ConsolePort}s are made of.
 *
 * <pre>{@code
 * public boolean write(byte value) { return queue.offer(value); }
 * public void resume(Resumption why) { pump.start(); }
 * public void quiesce(Deadline deadline) throws InterruptedException { pump.stop(deadline); }
 * public MyState save() { return new MyState(queue.toByteArray()); }
 * }</pre>
 */
public final class OutputPump {
    /** Where the bytes go. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Writes all of it. Called on one thread; may block.
         *
         * @param bytes where the bytes are
         * @param offset the first
         * @param length how many
         * @throws IOException when the far end is gone: the part then fails with the message
         */
        void write(byte[] bytes, int offset, int length) throws IOException;
    }

    /** Small, so that little is under way when the pump has to stop. */
    private static final int CHUNK_BYTES = 1024;

    private final ConsoleContext context;
    private final ByteQueue queue;
    private final Sink sink;
    private boolean running;
    private volatile boolean draining;
    private volatile boolean stopping;

    /**
     * A pump that does not run.
     *
     * @param context the part's
     * @param queue what it empties; holds whatever the sink has not taken
     * @param sink where the bytes go
     */
    public OutputPump(ConsoleContext context, ByteQueue queue, Sink sink) {
        this.context = context;
        this.queue = queue;
        this.sink = sink;
    }

    /** Starts it, or lets it go on after a {@link #stop} that failed. Does not block. */
    public synchronized void start() {
        draining = false;
        stopping = false;
        if (!running) {
            running = true;
            context.executor().execute(this::run);
        }
    }

    /**
     * Stops it: when the queue is empty, or, where the far end is too slow for that, with what is left in the queue. Waits
     * for half of the time before it leaves bytes behind.
     *
     * @param deadline when to give up
     * @throws InterruptedException when interrupted; the pump then stops later
     * @throws IllegalStateException when the sink has not returned by the deadline
     */
    public synchronized void stop(Deadline deadline) throws InterruptedException {
        draining = true;
        queue.wake();
        await(deadline.remainingNanos() / 2);
        stopping = true;
        await(deadline.remainingNanos());
        if (running) {
            throw new IllegalStateException(
                    context.id() + ": the far end takes no more output, " + queue.size() + " bytes wait for it");
        }
    }

    private void run() {
        byte[] chunk = new byte[CHUNK_BYTES];
        try {
            while (true) {
                // A wake ends the wait with bytes still in the queue: only an empty one ends a pump that drains.
                int count = !draining ? queue.await(chunk) : stopping ? 0 : queue.peek(chunk);
                if (count > 0) {
                    sink.write(chunk, 0, count);
                    queue.remove(count);
                    if (queue.takeRefused()) {
                        context.writable();
                    }
                } else if (draining && (stopping || queue.size() == 0) && ended()) {
                    return;
                }
            }
        } catch (RevokedException late) {
            end();
        } catch (IOException | InterruptedException | RuntimeException e) {
            end();
            context.fail(context.id() + ": output failed: " + e.getMessage(), e);
        }
    }

    private synchronized boolean ended() {
        if (draining) {
            end();
        }
        return draining;
    }

    private synchronized void end() {
        running = false;
        notifyAll();
    }

    private void await(long nanos) throws InterruptedException {
        long end = System.nanoTime() + nanos;
        long left;
        while (running && (left = end - System.nanoTime()) > 0) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }
}
