package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.RevokedException;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.kernel.internal.bay.StorageRequest.Kind;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The bay's side of one layer of a disk: what the layer above calls, whichever part answers. It keeps each request until it is answered.
 * Requests wait while the bay is away; what a part had when it was given up is made again by its successor, if it is sure that the
 * old part cannot touch it any more. A user that comes to rest meanwhile gets those back that no part has.
 *
 * <p>Parts are called on threads of their own bay, so that one that hangs keeps nobody but the request, and with no lock held.
 */
public final class StorageFront {
    private static final Patience USUAL =
            new Patience(Duration.ofMillis(200), Duration.ofSeconds(2), Duration.ofSeconds(5));

    private final String id;
    private final System.Logger logger;
    private final Patience patience;
    private final Set<StorageRequest> unanswered = new LinkedHashSet<>();
    private @Nullable StorageLayer<?> layer;
    private @Nullable StoragePartContext context;
    private boolean open;
    /** Whether the part may be the only one that knows of something that was written. */
    private boolean holdsBack;
    /** How many changes were answered, and how many of them are known to be with the layer below. */
    private long changes;

    private long passedOn;
    /** Whether some of the others went with a part, and nobody was told yet. */
    private boolean lost;
    /** What was answered last, for those who ask while it is away. */
    private final Map<Kind, Long> known = new EnumMap<>(Kind.class);

    StorageFront(String vm, String id) {
        this(id, new ThriftyLogger(StorageFront.class.getName(), vm + "/" + id), USUAL);
    }

    StorageFront(String id, System.Logger logger, Patience patience) {
        this.id = id;
        this.logger = logger;
        this.patience = patience;
    }

    /**
     * What is done about waiting.
     *
     * @param look who waits is woken; so often he looks by himself, for what goes without a word, such as a user that is cut off
     * @param slow a request that takes so long is worth a word to who asks
     * @param logged and one that takes so long a line of the log
     */
    record Patience(Duration look, Duration slow, Duration logged) {}

    /**
     * A part has been made, from what its predecessor passed on: it may be read, since the layer above looks at its data when it is made itself.
     *
     * @param mayHoldBack whether it may keep for itself what is written, until it is flushed
     */
    synchronized void prepare(StorageLayer<?> part, StoragePartContext of, boolean mayHoldBack) {
        layer = part;
        context = of;
        holdsBack = mayHoldBack;
        passedOn = changes;
        again();
    }

    /** A part was given up without its state. Who flushes next hears of it, if something can be lost. */
    synchronized void lost() {
        if (holdsBack && changes > passedOn) {
            lost = true;
            logger.log(
                    System.Logger.Level.WARNING,
                    "what was written since the last flush may be lost with the part: the next flush fails");
        }
    }

    synchronized void open(StorageLayer<?> part, StoragePartContext of) {
        layer = part;
        context = of;
        open = true;
        again();
    }

    /** The part may answer what it has handed back. */
    synchronized void again() {
        unanswered.forEach(request -> request.handedBack = false);
        giveAll();
    }

    synchronized void close() {
        open = false;
    }

    /** Users come to rest: those that wait for what nobody has take it back at once. */
    synchronized void usersRest() {
        notifyAll();
    }

    /**
     * A part at rest is about to be closed: it gets no more reads, and those that it has are waited for, as they could still touch the
     * memory of a request that its successor has answered.
     */
    synchronized void retire(StoragePartContext of, Deadline deadline) {
        if (context == of) {
            context = null;
            layer = null;
        }
        waitWhile(() -> unanswered.stream().anyMatch(request -> request.given == of), deadline);
    }

    /**
     * A part has been cut off. What it had is for its successor; where the host still holds the memory of a request nothing is known
     * about it, and it fails.
     */
    void cut(StoragePartContext of, boolean gone) {
        synchronized (this) {
            if (context == of) {
                context = null;
                layer = null;
            }
            for (StorageRequest request : Set.copyOf(unanswered)) {
                if (request.given != of) {
                    continue;
                }
                if (gone || request.kind().isReading()) {
                    free(request);
                } else {
                    answer(
                            request,
                            new StorageException(
                                    StorageException.Kind.IO,
                                    "%s: %s is stuck in the host, so that it cannot be made again"
                                            .formatted(id, request)));
                }
            }
            giveAll();
        }
    }

    /** Makes a request and waits for its answer, for a user who may be gone meanwhile. */
    long perform(StorageRequest request, Lifeline user) throws StorageException {
        synchronized (this) {
            unanswered.add(request);
            give(request);
        }
        while (!isOver(request, user)) {
            logger.log(
                    System.Logger.Level.WARNING,
                    "{0} has not been answered for {1} s: {2}",
                    request.words(),
                    seconds(request),
                    whereabouts(request));
        }
        if (request.told) {
            logger.log(
                    System.Logger.Level.WARNING,
                    "{0} took {1} s{2}",
                    request.words(),
                    seconds(request),
                    request.answered ? "" : ", and was taken back");
        }
        StorageException failure = request.failure;
        if (failure != null) {
            throw failure;
        }
        return request.value;
    }

    private static long seconds(StorageRequest request) {
        return request.age() / 1_000_000_000L;
    }

    /** Waits for the end of a request. Returns false once, when that takes so long that somebody should know. */
    private synchronized boolean isOver(StorageRequest request, Lifeline user) {
        boolean interrupted = false;
        try {
            while (!request.answered) {
                if (user.isCut()) {
                    remove(request);
                    throw new RevokedException(id);
                }
                if (user.isResting() && request.given == null) {
                    remove(request);
                    request.failure = new StorageException(
                            StorageException.Kind.AWAY, "%s is away: %s is to be made again".formatted(id, request));
                    return true;
                }
                if (!request.told && request.age() > patience.logged().toNanos()) {
                    request.told = true;
                    return false;
                }
                try {
                    wait(patience.look().toMillis());
                } catch (InterruptedException e) {
                    // Nothing is cancelled by an interrupt: the request is under way.
                    interrupted = true;
                }
            }
            return true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void remove(StorageRequest request) {
        unanswered.remove(request);
        notifyAll();
    }

    /**
     * What has been waiting for an answer for long, and where it is. Callable on any thread.
     *
     * @return a few words; none where nothing has
     */
    String remark() {
        StorageRequest oldest = null;
        int slow = 0;
        synchronized (this) {
            for (StorageRequest request : unanswered) {
                if (request.age() > patience.slow().toNanos()) {
                    slow++;
                    oldest = oldest == null ? request : oldest;
                }
            }
        }
        return oldest == null
                ? ""
                : "%s for %d s%s: %s"
                        .formatted(
                                oldest.words(),
                                seconds(oldest),
                                slow == 1 ? "" : " and %d more".formatted(slow - 1),
                                whereabouts(oldest));
    }

    private String whereabouts(StorageRequest request) {
        synchronized (this) {
            if (request.handedBack) {
                return "its part could not pass it on, and gets it again when that may have changed";
            }
            if (request.given == null) {
                return layer == null ? "no part is there" : open ? "no part has taken it" : "the gate is closed";
            }
        }
        Thread maker = request.maker;
        return maker == null ? "its part has not begun with it" : Whereabouts.of(maker);
    }

    private void giveAll() {
        List.copyOf(unanswered).forEach(this::give);
    }

    private void give(StorageRequest request) {
        if (lost && request.kind() == Kind.FLUSH && request.given == null) {
            lost = false;
            answer(
                    request,
                    new StorageException(
                            StorageException.Kind.IO,
                            id + ": what was written since the last flush may be lost with a part that was given up"));
            return;
        }
        StorageLayer<?> to = layer;
        StoragePartContext of = context;
        if (to == null
                || of == null
                || request.given != null
                || request.handedBack
                || !open && !request.kind().isReading()) {
            return;
        }
        request.given = of;
        request.after = changes;
        try {
            of.execute(() -> make(request, to, of));
        } catch (RevokedException e) {
            free(request);
        }
    }

    /** No part has it: whoever waits for that is told. */
    private void free(StorageRequest request) {
        request.given = null;
        notifyAll();
    }

    /** On a thread of the bay. */
    private void make(StorageRequest request, StorageLayer<?> to, StoragePartContext of) {
        // What reads may come before the gate is open, and is not waited for.
        boolean counted = of.gate.enter();
        if (!counted && !request.kind().isReading()) {
            takeBack(request, of);
            return;
        }
        int begun = of.lifeline.turns();
        request.maker = Thread.currentThread();
        try {
            long value = request.make(to, of.life());
            synchronized (this) {
                if (request.given == of && !of.lifeline.isCut()) {
                    request.value = value;
                    done(request);
                    answer(request, null);
                }
            }
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.AWAY && of.lifeline.hasRested(begun)) {
                handBack(request, of);
                return;
            }
            // Without its cause, which may be of the plugin's classes.
            StorageException told = new StorageException(
                    e.kind() == StorageException.Kind.AWAY ? StorageException.Kind.IO : e.kind(),
                    id + ": " + e.getMessage());
            synchronized (this) {
                if (request.given == of && !of.lifeline.isCut()) {
                    answer(request, told);
                }
            }
        } catch (RuntimeException | Error e) {
            if (!of.lifeline.isCut()) {
                of.threw(e);
            }
        } finally {
            if (request.maker == Thread.currentThread()) {
                request.maker = null;
            }
            if (counted) {
                of.gate.exit();
            }
        }
    }

    private synchronized void takeBack(StorageRequest request, StoragePartContext of) {
        if (request.given == of) {
            free(request);
            give(request);
        }
    }

    /**
     * A part could not carry it out while it was to come to rest. Where that is over, nobody will say so once more: it is made again at once.
     */
    private synchronized void handBack(StorageRequest request, StoragePartContext of) {
        if (request.given == of) {
            free(request);
            request.handedBack = of.lifeline.isResting();
            give(request);
        }
    }

    private void done(StorageRequest request) {
        if (request.kind() == Kind.FLUSH) {
            passedOn = Math.max(passedOn, request.after);
        } else if (!request.kind().isReading()) {
            changes++;
        }
    }

    private void answer(StorageRequest request, @Nullable StorageException failure) {
        request.failure = failure;
        request.answered = true;
        remove(request);
    }

    /**
     * Waits for what is under way now to be answered, or given to nobody any more; what comes later is not waited for. Any thread.
     *
     * @return whether it was
     */
    synchronized boolean awaitAnswers(Deadline deadline) {
        Set<StorageRequest> now = new LinkedHashSet<>(unanswered);
        BooleanSupplier busy =
                () -> now.stream().anyMatch(request -> request.given != null && unanswered.contains(request));
        waitWhile(busy, deadline);
        return !busy.getAsBoolean();
    }

    /** Waits for a moment without a flush. Any thread. */
    synchronized void awaitFlushes(Deadline deadline) {
        waitWhile(() -> unanswered.stream().anyMatch(request -> request.kind() == Kind.FLUSH), deadline);
    }

    /** With the monitor held; each answer wakes it. */
    private void waitWhile(BooleanSupplier busy, Deadline deadline) {
        boolean interrupted = false;
        while (busy.getAsBoolean() && !deadline.passed()) {
            try {
                wait(Math.clamp(
                        deadline.remainingNanos() / 1_000_000,
                        1,
                        patience.look().toMillis()));
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** What waits for an answer. */
    synchronized List<String> unanswered() {
        return unanswered.stream()
                .map(request -> request.kind().name().toLowerCase(Locale.ROOT))
                .toList();
    }

    /** Asks for a number: what was answered last where no part is there to answer. It is asked for when a device goes on. */
    long ask(Kind kind, Lifeline user) throws StorageException {
        synchronized (this) {
            Long last = known.get(kind);
            if (layer == null && last != null) {
                return last;
            }
        }
        try {
            long value = perform(new StorageRequest(kind, 0, 0, null), user);
            synchronized (this) {
                known.put(kind, value);
            }
            return value;
        } catch (StorageException e) {
            synchronized (this) {
                Long last = e.kind() == StorageException.Kind.AWAY ? known.get(kind) : null;
                if (last != null) {
                    return last;
                }
            }
            throw e;
        }
    }
}
