package dev.backplane.kernel.internal.vm;

import dev.backplane.api.device.ResetKind;
import dev.backplane.api.machine.PowerButton;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption.Cause;
import dev.backplane.api.state.StateException;
import dev.backplane.api.time.GuestClock;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.bay.BayState;
import dev.backplane.kernel.internal.bay.ThriftyLogger;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.VmFile.OnReboot;
import dev.backplane.kernel.internal.journal.StateHash;
import dev.backplane.kernel.internal.journal.Verdict;
import dev.backplane.kernel.internal.memory.FrozenRam;
import dev.backplane.kernel.internal.plan.MachineBays;
import dev.backplane.kernel.internal.plan.RawSwap;
import dev.backplane.kernel.internal.plan.Saves;
import dev.backplane.kernel.internal.plan.Settlement;
import dev.backplane.kernel.internal.plan.Wish;
import dev.backplane.kernel.internal.state.EncodedState;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;

/** The life of a wired machine, on its control thread: why it stands still, what happens when something goes or comes. */
final class Life {
    /** How long parts may take to come to rest when somebody waits for the machine, not for a plugin. */
    static final Duration REST = Duration.ofSeconds(10);

    /** How long a vacancy may last before the machine is paused. */
    static final Duration VACANCY = Duration.ofSeconds(1);

    /** How long a vCPU may wait for a bay before the clock stops. */
    static final Duration PARKED = Duration.ofMillis(100);

    private static final System.Logger LOG = System.getLogger(Life.class.getName());
    /** How long a disk may take to answer before the machine comes to rest. */
    private static final Duration ANSWERS = Duration.ofSeconds(5);

    private static final Duration LAST_REST = Duration.ofSeconds(2);

    /** Why the guest stands still. */
    enum Hold {
        /** Somebody paused the machine. */
        USER,
        /** A bay has been vacant for too long. */
        VACANCY,
        /** A vCPU has been waiting for a bay for a moment: shorter than a pause, and only the guest stands. */
        PARKED,
        /** A debugger has stopped the guest; devices go on. */
        DEBUGGER
    }

    private final Assembly assembly;
    private final Catalogue catalogue;
    private final Reports reports;
    private final RawSwap swap;
    /** For what the guest does as often as it likes. */
    private final System.Logger guestLog;

    private final Set<Hold> holds = EnumSet.noneOf(Hold.class);

    /** What the machine hears of its life. */
    interface Reports {
        /** It is in another state. */
        void state(VmState state);

        /** It is over. */
        void over(VmState state, int status, String reason);

        /** Some bay has no part that works: look again in a moment. */
        void vacant();
    }

    Life(Assembly assembly, Catalogue catalogue, Reports reports) {
        this.assembly = assembly;
        this.catalogue = catalogue;
        this.reports = reports;
        this.swap = new RawSwap(assembly.settlement());
        this.guestLog = new ThriftyLogger(Life.class.getName(), name());
    }

    private MachineBays bays() {
        return assembly.bays();
    }

    GuestClock clock() {
        return assembly.surroundings().clock();
    }

    private Settlement settlement() {
        return assembly.settlement();
    }

    private String name() {
        return assembly.file().name();
    }

    /** Where the machine should be. */
    Wish wish() {
        boolean paused = paused();
        return new Wish(!holds.isEmpty(), paused, Set.of());
    }

    private boolean paused() {
        return holds.contains(Hold.USER) || holds.contains(Hold.VACANCY);
    }

    /**
     * Lets the guest run for the first time.
     *
     * @param cause what parts are told
     */
    void begin(Cause cause) {
        settle(cause, REST);
    }

    /**
     * Waits for what was given to the hosts of disks so far, before all comes to rest. What layers keep from each other they give back then.
     *
     * @throws VmException when one does not answer: what waits for it would not come to rest, and would be given up for that
     */
    void awaitDisks() throws VmException {
        if (settlement().standing()) {
            return;
        }
        Deadline patience = Deadline.in(ANSWERS);
        for (Bay bay : assembly.bays().all()) {
            if (bay.kind() == Kind.PROTOCOL && !bay.awaitAnswers(patience)) {
                throw new VmException(name() + "/" + silent(bay));
            }
        }
    }

    private static String silent(Bay bay) {
        return "%s does not answer what it was asked%s; try again when it does"
                .formatted(bay.id(), bay.note().isEmpty() ? "" : " (" + bay.note() + ")");
    }

    /** Brings everything that the wish says to rest, unless a disk falls silent only now. */
    private void rest(Wish wish) throws VmException {
        List<Bay> waiting = settlement().attempt(wish, Cause.PAUSE, Deadline.in(REST));
        if (!waiting.isEmpty()) {
            throw new VmException(
                    "%s/%s does not come to rest: its disk does not answer what it was asked; try again when it does"
                            .formatted(name(), waiting.getFirst().id()));
        }
    }

    /**
     * Has something looked at while everything is at rest; the machine goes on afterwards as it was.
     *
     * @throws VmException when a disk does not answer
     */
    <T> T atRest(Callable<T> look) throws Exception {
        awaitDisks();
        try {
            rest(Wish.REST);
            return look.call();
        } finally {
            settle(Cause.PAUSE, REST);
        }
    }

    /** Its memory goes over from files to memory that holds the same. */
    void moveTo(FrozenRam memory) throws Exception {
        atRest(() -> {
            assembly.surroundings().ram().moveTo(memory);
            return true;
        });
    }

    /**
     * Has something done while no vCPU is in the guest; nothing else comes to rest.
     *
     * @throws VmException when one does not come out
     */
    void outside(Runnable work) throws VmException {
        if (settlement().standing()) {
            work.run();
            return;
        }
        List<Integer> stuck = assembly.group().hold(Deadline.in(REST));
        try {
            if (!stuck.isEmpty()) {
                throw new VmException(name() + ": these vCPUs do not come out of the guest: " + stuck);
            }
            work.run();
        } finally {
            assembly.group().release();
        }
    }

    private void settle(Cause cause, Duration time) {
        settlement().settle(wish(), cause, Deadline.in(time));
        afterwards();
    }

    private void afterwards() {
        Bay cpu = bays().cpu().bay();
        if (cpu.state() == BayState.FAILED && !cpu.hasState()) {
            reports.over(VmState.FAILED, 1, "cpu: " + cpu.note());
            return;
        }
        reports.state(paused() || holds.contains(Hold.DEBUGGER) ? VmState.PAUSED : VmState.RUNNING);
        if (unfilled().isPresent()) {
            reports.vacant();
        }
    }

    private Optional<Bay> unfilled() {
        return bays().all().stream()
                .filter(bay -> bay.kind().isNeeded())
                .filter(bay -> bay.state() == BayState.VACANT || bay.state() == BayState.FAILED)
                .findFirst();
    }

    /**
     * Somebody wants the machine to stand still.
     *
     * @throws VmException when a disk does not answer: it goes on then
     */
    void pause() throws VmException {
        awaitDisks();
        holds.add(Hold.USER);
        if (assembly.group() instanceof VcpuTurns || settlement().standing()) {
            holdsChanged();
            return;
        }
        try {
            rest(wish());
        } catch (VmException e) {
            holds.remove(Hold.USER);
            settle(Cause.ROLLBACK, REST);
            throw e;
        }
        afterwards();
    }

    /** The machine must not go on, whatever that costs. */
    void standStill() {
        holds.add(Hold.USER);
        holdsChanged();
    }

    /** On virtual time nothing happens between two turns, so nobody has to be told, and the guest cannot know of it. */
    private void holdsChanged() {
        if (!(assembly.group() instanceof VcpuTurns turns) || settlement().standing()) {
            settle(Cause.PAUSE, REST);
            return;
        }
        if (holds.isEmpty()) {
            turns.release();
        } else {
            turns.hold(Deadline.in(REST));
        }
        afterwards();
    }

    boolean pausedByUser() {
        return holds.contains(Hold.USER);
    }

    /** Takes the user's pause back. A vacancy may still hold the machine: returns what it waits for then. */
    Optional<Bay> resume() {
        holds.remove(Hold.USER);
        holdsChanged();
        return holds.isEmpty() ? Optional.empty() : unfilled();
    }

    /** A debugger stops the guest, or lets it go on; before {@link #begin}: from the first instruction on. */
    void debugged(boolean still, boolean begun) {
        if (still ? holds.add(Hold.DEBUGGER) : holds.remove(Hold.DEBUGGER)) {
            if (begun) {
                holdsChanged();
            }
        }
    }

    /** A device has come, whose bays are at rest. */
    void arrived() {
        settle(Cause.START, REST);
    }

    /** Brings the bays of a device to rest that is to go. */
    void leave(List<Bay> bays) {
        settlement().settle(wish().without(bays), Cause.SWAP, Deadline.in(REST));
    }

    /** The plugin behind an offer is about to go. */
    void vacate(Offer offer, Deadline deadline) {
        if (offer == assembly.boardOffer()) {
            reports.over(VmState.FAILED, 1, "the plugin of its board, " + offer.plugin() + ", was stopped");
            return;
        }
        List<Bay> leaving = bays().of(offer);
        if (leaving.isEmpty()) {
            return;
        }
        LOG.log(System.Logger.Level.INFO, "{0}: {1} goes: {2}", name(), offer, ids(leaving));
        cut(offer.plugin() + " was stopped");
        swap.vacate(leaving, wish(), deadline, offer.plugin() + " was stopped");
        if (leaving.contains(bays().cpu().bay())) {
            assembly.group().engine(null);
        }
        afterwards();
    }

    /** What follows is no doing of the guest's, nor does it come through a door that is recorded. */
    void cut(String reason) {
        if (assembly.group() instanceof VcpuTurns turns) {
            boolean held = turns.isHeld();
            turns.hold(Deadline.in(REST));
            turns.journal().cut(turns, reason);
            if (!held) {
                turns.release();
            }
        }
    }

    private static List<String> ids(List<Bay> some) {
        return some.stream().map(Bay::id).toList();
    }

    /** Some type has come: fills what waits for it. */
    void refill() {
        if (fillEmpty()) {
            holds.remove(Hold.PARKED);
            if (unfilled().isEmpty()) {
                holds.remove(Hold.VACANCY);
            }
            settle(Cause.SWAP, REST);
        }
    }

    /** Parts were replaced, or were to be: one that had to be given up gets a successor. */
    void replaced() {
        fillEmpty();
        if (unfilled().isEmpty()) {
            holds.remove(Hold.PARKED);
            holds.remove(Hold.VACANCY);
        }
        settle(Cause.SWAP, REST);
    }

    /** A bay without a part gets another chance, with what has failed there too. */
    void restart(Bay bay) {
        bay.tryAllAgain();
        replaced();
    }

    /** Bays without a part get another chance with some types, which may have failed there. */
    void refill(Collection<Offer> again) {
        for (Bay bay : bays().all()) {
            if (bay.offer().isEmpty()) {
                again.forEach(bay::tryAgain);
            }
        }
        replaced();
    }

    private boolean fillEmpty() {
        boolean any = false;
        for (Bay bay : bays().all().reversed()) {
            if (bay.offer().isPresent() || !bays().isGrounded(bay)) {
                continue;
            }
            any |= fillEmpty(bay);
        }
        return any;
    }

    /** Tries what there is and has not failed there, the best first. */
    private boolean fillEmpty(Bay bay) {
        for (Offer offer : catalogue.candidates(
                name(), bay.kind(), bay.spec().type(), bay.spec().version())) {
            if (bay.worthTrying(offer)) {
                Optional<String> failure = bay.fill(offer);
                if (failure.isEmpty()) {
                    LOG.log(System.Logger.Level.INFO, "{0}: {1} is filled with {2}", name(), bay.id(), offer);
                    if (bay == bays().cpu().bay()) {
                        assembly.group().engine(bays().cpu().partition().orElseThrow());
                    }
                    return true;
                }
                LOG.log(
                        System.Logger.Level.ERROR,
                        "{0}: {1} takes no {2}: {3}",
                        name(),
                        bay.id(),
                        offer,
                        failure.get());
            }
        }
        return false;
    }

    /** The guest decides what follows. */
    void pressPowerButton() throws VmException {
        if (!(assembly.board() instanceof PowerButton button)) {
            throw new VmException(name() + ": its board has no power button: it can be killed only");
        }
        if (!holds.isEmpty()) {
            throw new VmException(name() + " is paused: its guest hears of no power button before it goes on");
        }
        cut("the power button was pressed");
        button.press();
    }

    /** A part cannot go on. */
    void failed(Bay bay, String reason) {
        // What stands on it comes to rest first; itself it is cut off at once.
        cut(bay.id() + " failed: " + reason);
        bay.fence(reason, false);
        settle(Cause.SWAP, LAST_REST);
    }

    /** A vCPU has been waiting for a bay: if it still is, the guest's time stops. */
    void checkParked() {
        if (holds.isEmpty()
                && assembly.group()
                        .parkedNanos()
                        .filter(nanos -> nanos >= PARKED.toNanos())
                        .isPresent()) {
            holds.add(Hold.PARKED);
            settle(Cause.SWAP, REST);
        }
    }

    /** A bay has been without a part for a second, perhaps. */
    void checkVacancy() {
        Optional<Bay> empty = bays().all().stream()
                .filter(bay -> bay.kind().isNeeded())
                .filter(bay -> bay.state() == BayState.VACANT || bay.state() == BayState.FAILED)
                .filter(bay -> System.nanoTime() - bay.restSince() >= VACANCY.toNanos())
                .findFirst();
        if (empty.isEmpty() || holds.contains(Hold.VACANCY)) {
            return;
        }
        String why = "%s is %s: %s"
                .formatted(
                        empty.get().id(),
                        empty.get().state().name().toLowerCase(Locale.ROOT),
                        empty.get().note());
        switch (assembly.file().onVacant()) {
            case WAIT -> {}
            case PAUSE -> {
                LOG.log(System.Logger.Level.WARNING, "{0}: paused: {1}", name(), why);
                holds.add(Hold.VACANCY);
                settle(Cause.SWAP, REST);
            }
            case FAIL -> reports.over(VmState.FAILED, 1, why);
        }
    }

    /**
     * The guest, or a part, asked for a reset.
     *
     * @param taken run when no vCPU runs: who asks from then on asks for another one
     */
    void reset(String reason, Runnable taken) {
        guestLog.log(System.Logger.Level.INFO, "reset: {0}", reason);
        if (assembly.file().onReboot() == OnReboot.EXIT) {
            reports.over(VmState.STOPPED, 0, reason);
            return;
        }
        settlement().settle(Wish.REST, Cause.START, Deadline.in(REST));
        assembly.group().stopping(false);
        taken.run();
        fromTheBeginning(reason, Optional.empty());
    }

    /** A device has lost its power, or its bus was reset. Its gate is closed. */
    void reset(MachineBays.Device device) {
        Bay bay = device.bay();
        if (!bays().devices().contains(device)) {
            return;
        }
        settlement().settle(wish().without(List.of(bay)), Cause.START, Deadline.in(REST));
        bay.forgetState();
        bay.reset(ResetKind.DEVICE);
        settle(Cause.START, REST);
    }

    /**
     * Starts the guest from the beginning on another CPU backend.
     *
     * @param cpu the backend
     * @param reason for the log
     */
    void restart(Offer cpu, String reason) {
        settlement().settle(Wish.REST, Cause.START, Deadline.in(REST));
        assembly.group().stopping(false);
        Bay bay = bays().cpu().bay();
        bay.discard(reason);
        bay.asked().forType(cpu.type());
        fromTheBeginning(reason, Optional.of(cpu));
    }

    /** Everything is at rest. */
    private void fromTheBeginning(String reason, Optional<Offer> cpu) {
        holds.remove(Hold.PARKED);
        // One that boots shares nothing with anybody.
        assembly.surroundings().isolation().end();
        for (MachineBays.Device device : bays().devices()) {
            device.bay().forgetState();
            device.bay().reset(ResetKind.SYSTEM);
        }
        // What had failed gets another chance: nothing of its past matters any more.
        fillEmpty();
        try {
            restartGuest(cpu);
        } catch (ConfigurationException | RuntimeException e) {
            reports.over(VmState.FAILED, 1, "after a reset (" + reason + "): " + e.getMessage());
            return;
        }
        settle(Cause.START, REST);
    }

    /** A new engine has every vCPU as after power-on. */
    private void restartGuest(Optional<Offer> other) throws ConfigurationException {
        Bay cpu = bays().cpu().bay();
        Offer offer = other.or(cpu::offer).orElseThrow(() -> new ConfigurationException("cpu: " + cpu.note()));
        cpu.discard("reset");
        Optional<String> failure = cpu.fill(offer);
        if (failure.isPresent()) {
            throw new ConfigurationException("cpu: " + failure.get());
        }
        assembly.board().reset();
        assembly.load();
    }

    /** Brings everything to rest for the last time, so that what was written reaches its end. */
    void rest() {
        settlement().settle(Wish.REST, Cause.PAUSE, Deadline.in(LAST_REST));
    }

    /**
     * Completes the recording of a machine on virtual time, or compares its end with the recorded one. Everything is at
     * rest.
     *
     * @param reason why it has ended
     * @return what is to be said instead, if anything
     */
    Optional<Verdict> endJournal(String reason) {
        return assembly.group() instanceof VcpuTurns turns
                ? turns.journal().end(turns, wholeHash(turns), reason)
                : Optional.empty();
    }

    private Optional<byte[]> wholeHash(VcpuTurns turns) {
        if (!turns.comparable()) {
            return Optional.empty();
        }
        List<Bay> devices =
                bays().devices().stream().map(MachineBays.Device::bay).toList();
        if (devices.stream().anyMatch(bay -> bay.state() != BayState.QUIESCED)) {
            return Optional.empty();
        }
        List<byte[]> states;
        try {
            states = Saves.of(devices, Deadline.in(LAST_REST)).values().stream()
                    .map(EncodedState::cbor)
                    .toList();
        } catch (StateException e) {
            return Optional.empty();
        }
        return Optional.of(StateHash.with(turns.hash(), states));
    }

    /** Gives everything up. */
    void close() {
        assembly.close();
    }
}
