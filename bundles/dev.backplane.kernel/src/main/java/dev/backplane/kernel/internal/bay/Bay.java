package dev.backplane.kernel.internal.bay;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Measured;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.vm.Vm.BayInfo;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.files.HostImageFile;
import dev.backplane.kernel.internal.state.EncodedState;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The place of one part in a machine. It outlives the parts in it and owns what they must not take with them: the shape that
 * the guest sees, line levels, host resources, the options, the last saved state. One class for all kinds; a {@link Socket}
 * knows what differs.
 *
 * <p>Methods are called on the machine's control thread, but for {@link #report}, {@link #info} and the states.
 */
public final class Bay {
    private static final System.Logger LOG = System.getLogger(Bay.class.getName());

    private final Asked asked;
    private final Kind kind;
    private final Surroundings surroundings;
    private final Socket socket;
    private final ResourceShelf resources = new ResourceShelf();
    private final System.Logger logger;
    private final LifeCycle lifeCycle;
    private final Occupants parts;
    private volatile BayState state = BayState.VACANT;
    private volatile String note = "";
    private volatile @Nullable Occupant occupant;
    private volatile long occupants;
    private @Nullable EncodedState saved;
    private boolean resetNeeded;
    /** What the part goes on from that has not run yet; null from its first resume on. */
    private @Nullable EncodedState origin;

    private final Set<Long> failedGenerations = new HashSet<>();
    private long restSince = System.nanoTime();

    Bay(PartSpec spec, Surroundings surroundings, Socket socket) {
        this.asked = new Asked(spec);
        this.kind = Kind.of(spec.kind());
        this.surroundings = surroundings;
        this.socket = socket;
        this.logger = new ThriftyLogger("backplane.part", surroundings.vm() + "/" + spec.id());
        this.lifeCycle = new LifeCycle(name(), surroundings.requests(), surroundings.calls());
        this.parts = new Occupants(name(), this, socket, lifeCycle);
    }

    /** The bay's identifier within its machine. */
    public String id() {
        return asked.spec().id();
    }

    /** What the VM file says of it. */
    public PartSpec spec() {
        return asked.spec();
    }

    /** What is asked for in it. */
    public Asked asked() {
        return asked;
    }

    /** The kind of part that it holds. */
    public Kind kind() {
        return kind;
    }

    /** Its state at this moment; callable on any thread. */
    public BayState state() {
        return state;
    }

    /** Why it is as it is, one line; callable on any thread. */
    public String note() {
        return note;
    }

    /** Since when its part has been at rest, or away, as {@link System#nanoTime} counts. */
    public long restSince() {
        return restSince;
    }

    Surroundings surroundings() {
        return surroundings;
    }

    /** Where its parts log: one after the other on one account, since a guest may have a part made anew by a reset. */
    System.Logger logger() {
        return logger;
    }

    ResourceShelf resources() {
        return resources;
    }

    /**
     * Where its part comes from.
     *
     * @return the offer, if a part sits in it
     */
    public Optional<Offer> offer() {
        return Optional.ofNullable(occupant).map(Occupant::offer);
    }

    /**
     * What people see of it; callable on any thread.
     *
     * @return a copy
     */
    public BayInfo info() {
        String why = note;
        return new BayInfo(
                id(),
                kind.word(),
                spec().type(),
                state.name(),
                offer().map(Offer::plugin),
                (int) occupants,
                why.isEmpty() ? socket.remark() : why);
    }

    /**
     * Puts a part into an empty bay: one that goes on from the saved state where there is one, else a new one. It is at rest
     * then.
     *
     * @param offer where it comes from
     * @return what went wrong, if something did; the bay is {@link BayState#FAILED} then and keeps the saved state
     */
    public Optional<String> fill(Offer offer) {
        long number = occupants + 1;
        var making = parts.make(spec(), offer, number, saved);
        Occupant made = making.value().orElse(null);
        if (made == null) {
            return fillFailed(offer, making.failure());
        }
        occupant = made;
        occupants = number;
        state = BayState.QUIESCED;
        note = "";
        if (resetNeeded && made.part() instanceof Device<?> device) {
            socket.clear();
            Optional<String> failure = lifeCycle.call("reset", () -> device.reset(ResetKind.DEVICE));
            if (failure.isPresent()) {
                fence("reset: " + failure.get(), false);
                return failure;
            }
        }
        resetNeeded = false;
        origin = saved;
        saved = null;
        failedGenerations.remove(offer.generation());
        return Optional.empty();
    }

    /**
     * How its part is replaced by one that is made beside it.
     *
     * @param next whose part comes
     * @return for the part that sits here now
     */
    public Succession succession(Offer next) {
        return new Succession(this, socket, lifeCycle, parts, next);
    }

    /** The part at rest leaves its place to another, which is at rest too. Returns it: it is to be closed. */
    Occupant handOver(Occupant next, PartSpec spec, EncodedState from) {
        Occupant old = occupied();
        old.context().standApart();
        parts.leave(old);
        occupant = next;
        occupants = next.number();
        origin = from;
        asked.instead(spec);
        note = "";
        parts.place(next).ifPresent(failure -> fence("taking over: " + failure, false));
        return old;
    }

    /** What has failed here may be tried again: somebody asks for that. */
    public void tryAllAgain() {
        failedGenerations.clear();
    }

    /**
     * A type may be tried again though it has failed here.
     *
     * @param offer the type
     */
    public void tryAgain(Offer offer) {
        failedGenerations.remove(offer.generation());
    }

    long nextNumber() {
        return occupants + 1;
    }

    /** A part of this offer could not be made here: it is not tried again by itself. */
    void givesUpOn(Offer offer) {
        failedGenerations.add(offer.generation());
    }

    private Optional<String> fillFailed(Offer offer, String why) {
        String text = saved == null || saved.writtenBy().equals(offer.plugin())
                ? why
                : "%s cannot take over from %s: %s".formatted(offer.plugin(), saved.writtenBy(), why);
        givesUpOn(offer);
        state = BayState.FAILED;
        note = text;
        return Optional.of(text);
    }

    private String name() {
        return surroundings.vm() + "/" + id();
    }

    /**
     * Resumes the part and lets what arrives through.
     *
     * @param cause what happened meanwhile
     */
    public void open(Resumption.Cause cause) {
        Occupant here = occupied();
        Duration away = cause == Resumption.Cause.START
                ? Duration.ZERO
                : surroundings.clock().away(restSince);
        here.context().lifeline.rest(false);
        Optional<String> failure = lifeCycle.call("resume", () -> here.part().resume(new Resumption(cause, away)));
        if (failure.isPresent()) {
            fence("resume: " + failure.get(), false);
            if (origin != null && socket.startsWithTheGuest()) {
                saved = origin;
                resetNeeded = false;
            }
            return;
        }
        origin = null;
        here.context().gate.open();
        socket.open(here.part(), here.context());
        state = BayState.RUNNING;
        note = "";
        here.context().timers.catchUp();
    }

    private Occupant occupied() {
        Occupant here = occupant;
        if (here == null) {
            throw new IllegalStateException(id() + " is vacant");
        }
        return here;
    }

    /**
     * Changes options of the part that runs here. What the part was given before stays in force where this fails.
     *
     * @param values by name, each written as in a VM file
     * @throws ConfigurationException when the part does not run, or an option is wrong or cannot change
     */
    public void configure(Map<String, String> values) throws ConfigurationException {
        Occupant here = occupant;
        if (here == null || state != BayState.RUNNING) {
            throw new ConfigurationException(
                    "%s is %s: its options change only while its part runs".formatted(id(), state));
        }
        if (surroundings.virtual() != null) {
            throw new ConfigurationException(id() + ": options do not change on a machine with virtual time");
        }
        LiveOptions.change(
                here, socket.bind(spec(), here.offer()), socket.bind(asked.with(values), here.offer()), lifeCycle);
        asked.change(values);
    }

    /**
     * What a part may be asked.
     *
     * @param <A> an ability that not every part has
     */
    @FunctionalInterface
    public interface Request<A> {
        /** Calls the part. */
        void to(A able) throws Exception;
    }

    /**
     * Calls its part where that has an ability.
     *
     * @param ability an interface
     * @param what for people: what it is asked
     * @param request what it is asked
     * @return what went wrong, if something did
     */
    public <A> Optional<String> ask(Class<A> ability, String what, Request<A> request) {
        Occupant here = occupant;
        return here != null && ability.isInstance(here.part())
                ? lifeCycle.call(what, () -> request.to(ability.cast(here.part())))
                : Optional.empty();
    }

    /**
     * What its part has counted; callable on any thread.
     *
     * @return numbers by name, empty where it counts nothing or is being replaced
     */
    public Map<String, Long> statistics() {
        Occupant here = occupant;
        try {
            return here != null && here.part() instanceof Measured measured
                    ? Map.copyOf(measured.statistics())
                    : Map.of();
        } catch (RuntimeException e) {
            report(occupantNumber(), Rendered.line(e));
            return Map.of();
        }
    }

    /**
     * Something that stands on it comes to rest, or has done so: meanwhile its part gets its requests back which nobody below can answer,
     * so that they get back to where they came from.
     *
     * @param rests whether it does so now
     */
    public void handBack(boolean rests) {
        Occupant here = occupant;
        if (here != null) {
            here.context().lifeline.rest(rests);
        }
        if (!rests) {
            socket.again();
        }
    }

    /** Who stands on it has begun to come to rest, and takes back what nobody here has. */
    public void usersRest() {
        socket.usersRest();
    }

    /** Parks what arrives from now on. What is under way has to come out by itself. */
    public void closeGate() {
        socket.close();
        Occupant here = occupant;
        if (here != null) {
            here.context().gate.close();
        }
    }

    /**
     * Begins to bring the part to rest. The gate is closed, and no register access is under way.
     *
     * @param deadline when it is given up
     * @return the call under way, for {@link #endQuiesce}
     */
    public PartCall<Boolean> beginQuiesce(Deadline deadline) {
        return occupied().beginQuiesce(lifeCycle, deadline);
    }

    /**
     * Waits for the part to be at rest.
     *
     * @param call as returned by {@link #beginQuiesce}
     * @param deadline when it is given up
     * @return what went wrong, if something did: the part is as it was then
     */
    public Optional<String> endQuiesce(PartCall<Boolean> call, Deadline deadline) {
        boolean ended = call.await(deadline);
        if (!ended) {
            call.interrupt();
        }
        Optional<String> failure = ended ? call.failure() : Optional.of("quiesce has not returned in time");
        if (failure.isEmpty()) {
            state = BayState.QUIESCED;
            restSince = System.nanoTime();
        }
        return failure;
    }

    /** Opens the gate of a part again that has not come to rest, and is as it was. */
    public void goOn() {
        restSince = System.nanoTime();
        open(Resumption.Cause.ROLLBACK);
    }

    /**
     * Begins to save the part's state.
     *
     * @return the call under way, for {@link #vacate}
     */
    public PartCall<EncodedState> beginSave() {
        Occupant here = occupied();
        socket.saving();
        return here.beginSave(lifeCycle);
    }

    /**
     * Takes the part out and keeps its state for a successor.
     *
     * @param save as returned by {@link #beginSave}
     * @param deadline when it is given up
     * @param why for people
     */
    public void vacate(PartCall<EncodedState> save, Deadline deadline, String why) {
        boolean ended = save.await(deadline);
        EncodedState encoded = save.value().orElse(null);
        if (encoded == null) {
            fence("save: " + (ended ? save.failure().orElse("it saved nothing") : "has not returned in time"), false);
            return;
        }
        saved = encoded;
        resetNeeded = false;
        takeOut();
        state = BayState.VACANT;
        note = why;
    }

    /**
     * Takes the part out without keeping its state: the machine was reset, or ends.
     *
     * @param why for people
     */
    public void discard(String why) {
        closeGate();
        saved = null;
        resetNeeded = false;
        takeOut();
        state = BayState.VACANT;
        note = why;
    }

    /**
     * Whether a state is kept for a successor.
     *
     * @return false also while a part sits in the bay
     */
    public boolean hasState() {
        return saved != null;
    }

    /**
     * The state that is kept for a successor.
     *
     * @return none while a part sits in the bay, or where one starts with a reset
     */
    public Optional<EncodedState> kept() {
        return Optional.ofNullable(saved);
    }

    /**
     * Goes on from the state of a part in an earlier life of the machine. The bay is vacant.
     *
     * @param state the state from which the next part goes on
     * @param rung what had arrived for it
     * @param away how long ago that was
     */
    public void inherit(EncodedState state, List<RungBell> rung, Duration away) {
        saved = state;
        socket.ring(rung);
        restSince = System.nanoTime() - away.toNanos();
    }

    /**
     * What has arrived for the part at rest and is heard when it goes on.
     *
     * @return doorbells
     */
    public List<RungBell> rung() {
        return socket.rung();
    }

    /**
     * What its part, or a successor, has still to answer. Callable on any thread.
     *
     * @return a word for each request
     */
    public List<String> unanswered() {
        return socket.unanswered();
    }

    /**
     * Waits for what its part has to answer now; what arrives meanwhile is not waited for. The gate stays as it is. Callable on any thread.
     *
     * @param deadline when the wait is given up
     * @return whether all of that was answered
     */
    public boolean awaitAnswers(Deadline deadline) {
        return socket.awaitAnswers(deadline);
    }

    /**
     * Waits for a moment in which nothing is made stable. Callable on any thread.
     *
     * @param deadline when the wait is given up
     */
    public void awaitFlushes(Deadline deadline) {
        socket.awaitFlushes(deadline);
    }

    /**
     * The files of disks that it has open.
     *
     * @return a copy
     */
    public List<HostImageFile> images() {
        return resources.open(HostImageFile.class);
    }

    /**
     * Whether an offer may do for this bay: one that has failed here need not be tried again.
     *
     * @param offer the offer
     * @return false for one whose part could not be made here, or had to be given up
     */
    public boolean worthTrying(Offer offer) {
        return !failedGenerations.contains(offer.generation());
    }

    /** Forgets a saved state, and what was tried here: the machine was reset meanwhile. */
    public void forgetState() {
        saved = null;
        resetNeeded = false;
        failedGenerations.clear();
    }

    private void takeOut() {
        Occupant here = occupant;
        occupant = null;
        if (here != null) {
            parts.takeOut(here);
        }
    }

    /** Closes host resources: nothing will sit here any more. */
    public void empty() {
        resources.close();
    }

    /**
     * Gives up a part that hangs or fails: cuts it off from the machine, so that nothing of it can arrive later. Where it is
     * proved to be idle but for the thread that hangs, its state is still asked for; else a successor starts by a reset.
     *
     * @param reason one line
     * @param maySave whether its state may be worth something: it was about to rest, and had not failed before
     */
    public void fence(String reason, boolean maySave) {
        Occupant here = occupant;
        if (here == null) {
            state = BayState.FAILED;
            note = reason;
            return;
        }
        closeGate();
        occupant = null;
        here.context().cut();
        failedGenerations.add(here.offer().generation());
        restSince = System.nanoTime();
        saved = maySave && here.context().idle() ? parts.lastState(here) : null;
        resetNeeded = saved == null;
        state = BayState.FAILED;
        note = reason;
        LOG.log(
                System.Logger.Level.WARNING,
                "{0}: {1} is fenced: {2}; a successor {3}",
                name(),
                here.offer().plugin(),
                reason,
                resetNeeded ? anew() : "goes on from the state that it still saved");
        if (resetNeeded) {
            socket.lost();
        }
        // Nobody waits for it: it may hang as the rest of the part does.
        lifeCycle.startVoid("close", here.part()::close);
    }

    private String anew() {
        return kind == Kind.DEVICE ? "starts with a reset of the device" : "starts anew";
    }

    /**
     * Puts the device that sits here to its power-on state. It is at rest.
     *
     * @param kind what is reset
     */
    public void reset(ResetKind kind) {
        Occupant here = occupant;
        socket.restart();
        if (here != null && here.part() instanceof Device<?> device) {
            lifeCycle.call("reset", () -> device.reset(kind)).ifPresent(failure -> fence("reset: " + failure, false));
        }
    }

    /**
     * Takes a part's word that it cannot go on, or the kernel's observation. Parks what arrives at once; the control thread
     * does the rest. Callable on any thread.
     *
     * @param number which part
     * @param reason one line
     */
    void report(long number, String reason) {
        Occupant here = occupant;
        if (here != null && here.number() == number && !here.context().lifeline.isCut()) {
            closeGate();
            surroundings.requests().failed(this, number, reason);
        }
    }

    /**
     * Whether a report is about the part that sits here now.
     *
     * @param number which part it is about
     * @return false for a late report
     */
    public boolean holds(long number) {
        Occupant here = occupant;
        return here != null && here.number() == number;
    }

    long occupantNumber() {
        Occupant here = occupant;
        return here == null ? 0 : here.number();
    }
}
