package dev.backplane.network.user.internal;

import java.io.IOException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Asks whether other hosts are there, as far as a process without privilege can: {@link java.net.InetAddress#isReachable} sends an
 * echo request where it may and otherwise tries TCP port 7, whose refusal is an answer, too. That blocks, so it is done on the
 * part's own threads; more questions than a few at once are not answered.
 */
final class Pinger {
    /** One less than a part has threads at least: the loop needs one. */
    static final int MOST = 3;

    private static final int PATIENCE_MILLIS = 1000;

    private final Executor executor;
    private final Runnable wake;
    private final AtomicInteger waiting = new AtomicInteger();
    private final ConcurrentLinkedQueue<Question> answered = new ConcurrentLinkedQueue<>();
    private volatile boolean closed;

    /**
     * An echo request of the guest.
     *
     * @param mac its Ethernet address
     * @param guest its address
     * @param peer whom it asks
     * @param request what it sent
     */
    record Question(long mac, Address guest, Address peer, byte[] request) {}

    Pinger(Executor executor, Runnable wake) {
        this.executor = executor;
        this.wake = wake;
    }

    /** Asks. Where others wait already, this one is lost. On the loop's thread. */
    void ask(Question question) {
        if (waiting.get() < MOST) {
            waiting.incrementAndGet();
            executor.execute(() -> run(question));
        }
    }

    private void run(Question question) {
        if (!closed && isThere(question.peer())) {
            answered.add(question);
            wake.run();
        } else {
            waiting.decrementAndGet();
        }
    }

    private static boolean isThere(Address peer) {
        try {
            return peer.inet().isReachable(PATIENCE_MILLIS);
        } catch (IOException e) {
            return false;
        }
    }

    /** The next question that was answered, or null. On the loop's thread. */
    @Nullable
    Question answered() {
        Question question = answered.poll();
        if (question != null) {
            waiting.decrementAndGet();
        }
        return question;
    }

    /** Asks no more. */
    void close() {
        closed = true;
    }
}
