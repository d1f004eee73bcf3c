package dev.backplane.network.user.internal;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.FrameQueue;
import dev.backplane.api.network.NetworkContext;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.RevokedException;
import dev.backplane.api.state.StateException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The thread on which the protocols run, and the frames that wait for it and for the device. It never blocks but in the poller,
 * so that it can always be stopped.
 */
final class Loop implements FrameSink {
    /** Frames that wait, in bytes, for each direction. */
    static final int QUEUE_BYTES = 512 << 10;
    /** So many frames of the guest, then sockets have their turn. */
    private static final int BATCH = 64;

    private final NetworkContext context;
    private final Poller poller;
    private final Clock clock;
    private final FrameQueue fromGuest = new FrameQueue(QUEUE_BYTES);
    private final FrameQueue toGuest = new FrameQueue(QUEUE_BYTES);
    private final byte[] bytes = new byte[Frame.MOST_BYTES];
    private final Frame frame = new Frame(MemorySegment.ofArray(bytes));
    private final LongAdder received = new LongAdder();
    private final LongAdder sent = new LongAdder();
    private final LongAdder refused = new LongAdder();
    /** Made with it, and not when it goes on: a guest waits then. */
    private final Runnable work = this::run;

    private @Nullable Stack stack;
    private @Nullable Start first;
    /** Whether frames have gone into {@link #toGuest} that the device was not told of. */
    private boolean owesReadable;
    /** Whether it waits, and has to be woken for a frame. */
    private volatile boolean sleeping;
    /** How many frames were left when the device's queue was found full; it is looked at again when half of them are gone. */
    private volatile int fullAt;

    private volatile int flows;
    private volatile boolean stopping;
    private boolean running;

    /** What is done first on the loop's thread. */
    @FunctionalInterface
    interface Start {
        void run() throws IOException;
    }

    Loop(NetworkContext context, Poller poller, Clock clock) {
        this.context = context;
        this.poller = poller;
        this.clock = clock;
    }

    /**
     * Whose loop it is. Before anything else.
     *
     * @param start what is done first each time that it goes on
     */
    void serve(Stack protocols, Start start) {
        stack = protocols;
        first = start;
    }

    // ---- the device's threads

    boolean offer(Frame given) {
        boolean taken = fromGuest.offer(given);
        if (sleeping) {
            poller.wake();
        }
        return taken;
    }

    boolean poll(Frame taken) {
        boolean found = toGuest.poll(taken);
        int full = fullAt;
        if (full > 0 && toGuest.frames() <= full / 2) {
            fullAt = 0;
            poller.wake();
        }
        return found;
    }

    Map<String, Long> statistics() {
        return Map.of(
                "frames-from-guest", received.sum(),
                "frames-to-guest", sent.sum(),
                "frames-refused-by-guest", refused.sum(),
                "flows", (long) flows);
    }

    // ---- the loop's thread

    @Override
    public boolean send(Frame made) {
        owesReadable = true;
        if (toGuest.offer(made)) {
            sent.increment();
            return true;
        }
        refused.increment();
        fullAt = Math.max(1, toGuest.frames());
        return false;
    }

    private void run() {
        try {
            Objects.requireNonNull(first).run();
            do {
                serveAll(Objects.requireNonNull(stack));
            } while (!ended());
        } catch (RevokedException late) {
            end();
        } catch (IOException | RuntimeException e) {
            end();
            context.fail(context.id() + ": the user network failed: " + e.getMessage(), e);
        }
    }

    private void serveAll(Stack protocols) throws IOException {
        while (!stopping) {
            int count = 0;
            while (count < BATCH && fromGuest.poll(frame)) {
                protocols.receive(bytes, frame);
                received.increment();
                count++;
            }
            if (fromGuest.takeRefused()) {
                context.writable();
            }
            if (protocols.isFull() && fullAt == 0) {
                protocols.writable();
            }
            long next = protocols.work(clock.getAsLong());
            flows = protocols.flows();
            if (owesReadable) {
                owesReadable = false;
                context.readable();
            }
            await(next);
        }
    }

    /** Says that it sleeps before it looks whether it may, so that whoever gives something meanwhile wakes it. */
    private void await(long next) throws IOException {
        sleeping = true;
        long nanos = Math.max(0, next - clock.getAsLong());
        if (fromGuest.frames() > 0 || stopping) {
            nanos = 0;
        }
        poller.await(nanos);
        sleeping = false;
    }

    // ---- the kernel's thread

    /** Starts it, or lets it go on after a {@link #stop} that failed. */
    synchronized void start() {
        stopping = false;
        clock.start();
        if (!running) {
            running = true;
            context.executor().execute(work);
        }
    }

    /** Stops it. What has not been looked at stays in the queues. */
    synchronized void stop(Deadline deadline) throws InterruptedException {
        stopping = true;
        poller.wake();
        long left;
        while (running && (left = deadline.remainingNanos()) > 0) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        if (running) {
            throw new IllegalStateException(context.id() + ": the user network's thread does not stop");
        }
        clock.stop();
    }

    UserState save() {
        Stack protocols = stack;
        return protocols == null ? UserState.empty() : protocols.save(fromGuest.save(), toGuest.save());
    }

    void restore(UserState state) throws StateException {
        fromGuest.restore(state.fromGuest());
        toGuest.restore(state.toGuest());
    }

    /** False where it was started again after it was told to stop. */
    private synchronized boolean ended() {
        if (stopping) {
            end();
        }
        return stopping;
    }

    private synchronized void end() {
        running = false;
        notifyAll();
    }
}
