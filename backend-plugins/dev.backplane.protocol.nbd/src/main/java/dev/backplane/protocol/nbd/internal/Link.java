package dev.backplane.protocol.nbd.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.RevokedException;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.nbd.wire.Nbd;
import dev.backplane.nbd.wire.NbdException;
import dev.backplane.nbd.wire.Reply;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The way to the server, over one connection after the other. It has no thread: of the callers that wait for an answer one receives, for
 * all of them; whoever finds the server gone connects anew, for all of them too. Then each sends its own request again.
 *
 * <p>A connection is given up when it breaks, when the server breaks the protocol, and when a request has not been answered for too long.
 * A request fails when it could not be sent for too long. Nobody waits in the host with the memory of a request. Nothing is
 * allocated for a usual one.
 */
final class Link {
    /** The connection's key in the bay. */
    static final String CONNECTION = "connection";

    /** More requests wait for their turn here; a power of two. */
    private static final int MOST_REQUESTS = 128;

    private static final long LOOK_NANOS = 200_000_000;
    private static final long FIRST_PAUSE_NANOS = 50_000_000;
    private static final long LAST_PAUSE_NANOS = 1_000_000_000;
    private static final long GOODBYE_NANOS = 1_000_000_000;
    /** How long before a deadline requests are handed back that the server does not answer. */
    private static final long HAND_BACK_NANOS = 500_000_000;

    private final NbdOptions options;
    private final StorageContext context;
    private final Dialer dialer;
    /** Asked whether it could touch a request's memory; never started. */
    private final Thread stranger = Thread.ofVirtual().unstarted(() -> {});

    private final ReentrantLock lock = new ReentrantLock();
    // What follows is guarded by the lock.
    private final Condition changed = lock.newCondition();
    private final Pending[] slots = new Pending[MOST_REQUESTS];
    private final ArrayDeque<Pending> free = new ArrayDeque<>(MOST_REQUESTS);
    private @Nullable Terms terms;
    private @Nullable Session session;
    private boolean dialing;
    private long pauseNanos = FIRST_PAUSE_NANOS;
    private long nextDialNanos = System.nanoTime();
    private String lost = "it has not been connected yet";
    private long cookies;

    /** Since when the disk is to come to rest. */
    private long restNanos;

    private boolean resting;

    /** What a connection in the making waits with. */
    private volatile @Nullable Waiting dialled;

    private Link(NbdOptions options, StorageContext context, @Nullable Terms terms) {
        this.options = options;
        this.context = context;
        this.terms = terms;
        dialer = new Dialer(options);
        for (int i = 0; i < MOST_REQUESTS; i++) {
            slots[i] = new Pending(i, lock.newCondition());
            free.add(slots[i]);
        }
    }

    /** A link with its first connection. */
    static Link open(NbdOptions options, StorageContext context) throws IOException, ConfigurationException {
        Link link = new Link(options, context, null);
        Session first = link.dial(System.nanoTime() + options.timeout().toNanos());
        link.terms = first.terms;
        link.session = first;
        return link;
    }

    /** A link that goes on with the bay's connection, or makes one when it is needed. */
    static Link resumed(NbdOptions options, StorageContext context, Terms terms, @Nullable SocketChannel channel) {
        Link link = new Link(options, context, terms);
        if (channel != null && channel.isConnected()) {
            Session session = Session.resumed(channel, terms);
            session.waiting.run(() -> link.checkAnswers(session));
            link.session = session;
        }
        return link;
    }

    Terms terms() {
        lock.lock();
        try {
            Terms known = terms;
            if (known == null) {
                throw new IllegalStateException("not connected");
            }
            return known;
        } finally {
            lock.unlock();
        }
    }

    // Requests

    /**
     * Has the server carry out a request, and waits for it.
     *
     * @return for a BLOCK_STATUS the extent's length in the upper half, and its flags in the lower
     */
    long perform(int type, int flags, long offset, long length, MemorySegment memory) throws StorageException {
        // An interrupt would close the connection, of which others' requests are too.
        boolean interrupted = Thread.interrupted();
        Pending pending = take();
        try {
            pending.set(type, flags, offset, length, memory, !memory.isAccessibleBy(stranger));
            while (!attempt(pending)) {
                interrupted |= Thread.interrupted();
            }
            interrupted |= pending.interrupted;
            if (pending.error != 0) {
                throw failure(pending);
            }
            pending.finish();
            return pending.extentBytes << 32 | Integer.toUnsignedLong(pending.extentFlags);
        } finally {
            give(pending);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Pending take() {
        lock.lock();
        try {
            while (free.isEmpty()) {
                changed.awaitUninterruptibly();
            }
            return free.pop();
        } finally {
            lock.unlock();
        }
    }

    private void give(Pending pending) {
        lock.lock();
        try {
            pending.session = null;
            pending.memory = MemorySegment.NULL;
            free.push(pending);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private StorageException failure(Pending pending) {
        Kind kind = switch (pending.error) {
            case Nbd.ENOSPC -> Kind.NO_SPACE;
            case Nbd.EPERM -> Kind.READ_ONLY;
            case Nbd.ENOTSUP -> Kind.UNSUPPORTED;
            default -> Kind.IO;
        };
        String words = pending.reason.isEmpty() ? "" : ": " + pending.reason;
        return new StorageException(
                kind,
                "%s: %s: the server answers with error %d%s".formatted(options.name(), pending, pending.error, words));
    }

    /** Sends it and waits. False where the connection was lost before the answer. */
    private boolean attempt(Pending pending) throws StorageException {
        Session to = usable(pending);
        lock.lock();
        try {
            pending.restart();
            pending.cookie = ++cookies * MOST_REQUESTS + pending.slot;
            pending.sentNanos = System.nanoTime();
            pending.session = to;
        } finally {
            lock.unlock();
        }
        try {
            send(to, pending);
        } catch (IOException | IllegalStateException e) {
            lose(to, e);
        }
        return await(pending, to);
    }

    private static void send(Session to, Pending pending) throws IOException {
        to.sending.lock();
        try {
            to.head.clear();
            to.request.set(pending.type, pending.flags, pending.cookie, pending.offset, pending.length);
            to.request.put(to.head);
            to.head.flip();
            if (pending.type == Nbd.CMD_WRITE) {
                to.transport.write(to.head, pending.memory.asByteBuffer());
            } else {
                to.transport.write(to.head);
            }
        } finally {
            to.sending.unlock();
        }
    }

    // Answers

    private boolean await(Pending pending, Session on) {
        lock.lock();
        try {
            pending.waits = true;
            while (!pending.done && session == on || on.filling == pending) {
                if (on.receiving) {
                    sleep(pending, pending.changed, LOOK_NANOS);
                } else {
                    on.receiving = true;
                    receiveUnlocked(on, pending);
                    on.receiving = false;
                }
            }
            pending.waits = false;
            if (!on.receiving && session == on) {
                callAnother(on);
            }
            return pending.done;
        } finally {
            lock.unlock();
        }
    }

    /** Nothing is cancelled by an interrupt: it is only told when the request is done. */
    private static void sleep(Pending pending, Condition condition, long nanos) {
        try {
            condition.awaitNanos(nanos);
        } catch (InterruptedException e) {
            pending.interrupted = true;
        }
    }

    private void callAnother(Session on) {
        for (Pending each : slots) {
            if (each.waits && each.session == on && !each.done) {
                each.changed.signal();
                return;
            }
        }
    }

    private void receiveUnlocked(Session on, Pending own) {
        lock.unlock();
        try {
            receive(on, own);
        } catch (IOException | RuntimeException e) {
            lose(on, e);
        } finally {
            lock.lock();
        }
    }

    /** For everybody, until the own answer has come. */
    private void receive(Session on, Pending own) throws IOException {
        boolean done = false;
        Pending to = null;
        while (!done || to != own) {
            on.reply.get(on.inbox.take(Reply.bytes(on.inbox.take(Reply.SIMPLE_BYTES))));
            to = begin(on);
            done = false;
            try {
                done = Receiver.take(on, to);
            } finally {
                end(on, to, done);
            }
        }
    }

    private Pending begin(Session on) throws NbdException {
        long cookie = on.reply.cookie();
        lock.lock();
        try {
            Pending to = slots[(int) (cookie & MOST_REQUESTS - 1)];
            if (to.cookie != cookie || to.session != on || to.done) {
                throw new NbdException("an answer to 0x%x, which was not asked".formatted(cookie));
            }
            on.filling = to;
            return to;
        } finally {
            lock.unlock();
        }
    }

    private void end(Session on, Pending to, boolean done) {
        lock.lock();
        try {
            on.filling = null;
            if (done) {
                to.done = true;
                pauseNanos = FIRST_PAUSE_NANOS;
            }
            to.changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** While somebody waits for the server: whether that still makes sense. */
    private void checkAnswers(Session on) throws IOException {
        long now = System.nanoTime();
        if (isKeptFromRest(now)) {
            throw new IOException("the server does not answer, and the disk has to come to rest");
        }
        lock.lock();
        try {
            for (Pending each : slots) {
                if (each.session != on || each.done) {
                    continue;
                }
                if (now - each.sentNanos > options.timeout().toNanos()) {
                    throw new IOException("a %s has not been answered for %d s"
                            .formatted(each, options.timeout().toSeconds()));
                }
                if (!each.isWanted()) {
                    throw new RevokedException(context.id());
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether the disk should have come to rest for some time. By who receives. */
    private boolean isKeptFromRest(long now) {
        try {
            context.handBackAtRest();
            resting = false;
        } catch (StorageException rest) {
            restNanos = resting ? restNanos : now;
            resting = true;
        }
        return resting && now - restNanos > HAND_BACK_NANOS;
    }

    // Connections

    /** Gives a connection up. What is unanswered on it is sent again by those who wait for it. */
    private void lose(Session on, Exception why) {
        lock.lock();
        try {
            if (session == on) {
                session = null;
                lost = String.valueOf(why.getMessage());
                // A server that goes away again and again is not asked more and more often.
                nextDialNanos = System.nanoTime() + pauseNanos;
                pauseNanos = Math.min(LAST_PAUSE_NANOS, 2 * pauseNanos);
                context.logger()
                        .log(System.Logger.Level.WARNING, "{0}: the connection is lost: {1}", options.name(), lost);
            }
            for (Pending each : slots) {
                if (each.session == on) {
                    each.changed.signal();
                }
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        on.transport.close();
    }

    /** The connection, or a new one, for as long as the request's time lasts. */
    private Session usable(Pending pending) throws StorageException {
        lock.lock();
        try {
            for (; ; ) {
                long now = System.nanoTime();
                if (pending.hasDeadline && now - pending.deadlineNanos > 0) {
                    throw new StorageException(
                            Kind.IO,
                            "%s: %s: the server has been gone for %d s: %s"
                                    .formatted(
                                            options.name(),
                                            pending,
                                            options.reconnect().toSeconds(),
                                            lost));
                }
                if (!pending.isWanted()) {
                    throw new RevokedException(context.id());
                }
                Session found = session;
                if (found != null) {
                    return found;
                }
                context.handBackAtRest();
                if (!pending.hasDeadline) {
                    pending.hasDeadline = true;
                    pending.deadlineNanos = now + options.reconnect().toNanos();
                }
                if (dialing || now - nextDialNanos < 0) {
                    long left = Math.min(LOOK_NANOS, pending.deadlineNanos - now + 1);
                    sleep(pending, changed, dialing ? left : Math.min(left, nextDialNanos - now));
                } else {
                    dialUnlocked();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** For everybody, so that it may take longer than the time that this request has left. */
    private void dialUnlocked() {
        dialing = true;
        Session made = null;
        String problem = "";
        lock.unlock();
        try {
            made = dial(System.nanoTime() + options.timeout().toNanos());
        } catch (IOException | ConfigurationException e) {
            problem = String.valueOf(e.getMessage());
        } finally {
            lock.lock();
            dialing = false;
            changed.signalAll();
        }
        if (made == null) {
            lost = problem;
            nextDialNanos = System.nanoTime() + pauseNanos;
            pauseNanos = Math.min(LAST_PAUSE_NANOS, 2 * pauseNanos);
        } else {
            session = made;
            context.logger().log(System.Logger.Level.INFO, "{0}: connected again", options.name());
        }
    }

    private Session dial(long endNanos) throws IOException, ConfigurationException {
        Waiting waiting = new Waiting(endNanos);
        dialled = waiting;
        SocketChannel channel = dialer.connect(waiting);
        Session made = dialer.negotiate(channel, waiting);
        try {
            Terms before = terms;
            if (before != null) {
                before.checkSuccessor(made.terms);
            }
            context.release(CONNECTION);
            context.resource(CONNECTION, SocketChannel.class, () -> channel);
        } catch (IOException | ConfigurationException | RuntimeException e) {
            made.transport.close();
            throw e;
        }
        waiting.run(() -> checkAnswers(made));
        return made;
    }

    // The part's life

    /**
     * Returns when nothing is in flight. A server that does not answer keeps nobody: shortly before the deadline its connection is given up,
     * and what it has not answered is handed back, to be asked again on another one.
     */
    void rest(Deadline deadline) throws InterruptedException {
        if (!awaitAllFree(deadline, Math.min(HAND_BACK_NANOS, deadline.remainingNanos() / 2))) {
            giveUp();
            if (!awaitAllFree(deadline, 0)) {
                throw new IllegalStateException(options.name() + ": requests are not answered");
            }
        }
    }

    /** Returns whether nothing is in flight, at the latest some time before a deadline. */
    private boolean awaitAllFree(Deadline deadline, long beforeNanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (free.size() < MOST_REQUESTS) {
                long left = deadline.remainingNanos() - beforeNanos;
                if (left <= 0) {
                    return false;
                }
                changed.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void giveUp() {
        Session last = current();
        if (last != null) {
            lose(last, new IOException("the server does not answer, and the disk has to come to rest"));
        }
        Waiting under = dialled;
        if (under != null) {
            under.end(System.nanoTime());
        }
    }

    private @Nullable Session current() {
        lock.lock();
        try {
            return session;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Session takeCurrent() {
        lock.lock();
        try {
            Session last = session;
            session = null;
            return last;
        } finally {
            lock.unlock();
        }
    }

    /** While nothing is in flight: whether another can go on with the bay's connection. If not, it is ended. */
    boolean leave() {
        Session last = current();
        if (last != null && !last.isSecure() && last.inbox.buffered() == 0) {
            return true;
        }
        end();
        return false;
    }

    /** Ends the connection, and says so to the server. While nothing is in flight. */
    void end() {
        Session last = takeCurrent();
        if (last == null) {
            return;
        }
        last.waiting.end(System.nanoTime() + GOODBYE_NANOS);
        try {
            last.head.clear();
            last.request.set(Nbd.CMD_DISC, 0, 0, 0, 0).put(last.head);
            last.transport.write(last.head.flip());
            last.transport.finish();
        } catch (IOException e) {
            // It is gone already.
        }
        last.transport.close();
    }

    /** Lets go of a connection that is another's now. */
    void detach() {
        Session last = takeCurrent();
        if (last != null) {
            last.socket.detach();
        }
    }
}
