package dev.backplane.kernel.internal.vm;

import dev.backplane.api.debug.DebugListener;
import dev.backplane.api.debug.TraceKind;
import dev.backplane.api.debug.TraceSink;
import dev.backplane.api.debug.VmDebugger;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.vm.AccessTap;
import dev.backplane.api.vm.SnapshotOptions;
import dev.backplane.api.vm.SnapshotReport;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmSource;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.bay.MachineRequests;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.NodeText;
import dev.backplane.kernel.internal.file.VmFile;
import dev.backplane.kernel.internal.journal.Verdict;
import dev.backplane.kernel.internal.memory.FrozenRam;
import dev.backplane.kernel.internal.vm.TypeResolution.MissingType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One machine: takes commands and events on any thread and carries them out on its control thread. */
final class Machine
        implements Vm,
                MachineRequests,
                VcpuReports.Host,
                Life.Reports,
                DeviceRequests.Host,
                ProcessorRequests.Host,
                SnapshotRequests.Host {
    private static final System.Logger LOG = System.getLogger(Machine.class.getName());
    private static final Duration KILL = Duration.ofSeconds(15);

    private final VmFile file;
    private final Origin origin;
    private final Services services;
    private final Control control;
    private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    private final AtomicReference<@Nullable Ending> ending = new AtomicReference<>();
    private final AtomicBoolean resetting = new AtomicBoolean();
    private final Taps taps = new Taps(this::wired);
    private final Observation observation = new Observation(this);
    private final Trial trial;
    private final VcpuReports vcpuReports;
    private final DeviceRequests deviceRequests = new DeviceRequests(this);
    private final ProcessorRequests processorRequests;
    private final SnapshotRequests snapshotRequests = new SnapshotRequests(this);
    private final CloneRequests cloneRequests = new CloneRequests(this);
    private final List<Consumer<String>> noticed = new CopyOnWriteArrayList<>();
    private volatile VmState state = VmState.DEFINED;
    private volatile @Nullable Assembly assembly;
    private volatile Map<String, Long> lastStatistics = Map.of();
    private volatile List<BayInfo> lastBays = List.of();
    private volatile @Nullable String unreadable;
    private @Nullable Life life;
    private @Nullable HotPlug hotPlug;

    /** How it is to end. */
    private record Ending(VmState state, int status, String reason) {}

    Machine(VmFile file, Origin origin, Services services) {
        this.file = file;
        this.origin = origin;
        this.services = services;
        this.control = new Control(file.name());
        this.processorRequests = new ProcessorRequests(this, file);
        this.trial = new Trial(file, services, this);
        this.vcpuReports = new VcpuReports(this, file.onReboot(), observation, trial);
    }

    @Override
    public String name() {
        return file.name();
    }

    @Override
    public VmSource definition() {
        return new VmSource("", NodeText.file(file.tree()), file.folder(), Map.of());
    }

    @Override
    public VmState state() {
        return state;
    }

    @Override
    public void start(Duration patience) throws VmException {
        command(() -> {
            if (state != VmState.DEFINED) {
                throw new VmException("%s cannot be started: it is %s".formatted(name(), state));
            }
            wire(patience);
            return null;
        });
    }

    private void wire(Duration patience) throws VmException {
        state = VmState.WIRING;
        String failure;
        try {
            Wiring.Bill bill = new Patience(services.catalogue(), services.framework(), () -> ending.get() != null)
                    .lookUp(services.wiring(), file, patience);
            if (ending.get() == null) {
                Assembly made = services.wiring().make(file, bill, this, vcpuReports, origin);
                assembly = made;
                taps.connect();
                Life begun = new Life(made, services.catalogue(), this);
                life = begun;
                state = VmState.READY;
                if (origin == Origin.BOOT) {
                    trial.begin(bill.cpu(), begun.clock());
                }
                begin(begun);
            }
            return;
        } catch (ConfigurationException | MissingType e) {
            failure = String.valueOf(e.getMessage());
        } catch (InterruptedException e) {
            failure = "the start was interrupted";
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, name() + ": wiring failed", e);
            failure = "wiring failed: " + e;
        }
        over(VmState.FAILED, 1, failure);
        finish();
        throw new VmException(failure);
    }

    private void begin(Life begun) {
        boolean still = observation.stopped();
        begun.debugged(still, false);
        begun.begin(origin.cause());
        if (still) {
            observation.begun();
        }
    }

    @Override
    public void pause() throws VmException {
        command(() -> {
            Life running = running("paused");
            if (running.pausedByUser()) {
                throw new VmException(name() + " is paused already");
            }
            running.pause();
            return null;
        });
    }

    @Override
    public void resume() throws VmException {
        command(() -> {
            Life running = running("resumed");
            if (unreadable != null) {
                throw new VmException("%s cannot go on: %s: kill it, and restore it when that can be read"
                        .formatted(name(), unreadable));
            }
            if (!running.pausedByUser() && state != VmState.PAUSED) {
                throw new VmException("%s cannot be resumed: it is %s".formatted(name(), state));
            }
            Optional<Bay> missing = running.resume();
            if (observation.stopped()) {
                throw new VmException(name() + " was stopped by its debugger: let it go on there, or detach that");
            }
            if (missing.isPresent()) {
                throw new VmException(
                        "%s waits for %s (%s): it goes on by itself when a plugin offers the %s type \"%s\""
                                .formatted(
                                        name(),
                                        missing.get().id(),
                                        missing.get().note(),
                                        missing.get().kind().word(),
                                        missing.get().spec().type()));
            }
            return null;
        });
    }

    @Override
    public void pressPowerButton() throws VmException {
        command(() -> {
            running("asked to power off").pressPowerButton();
            return null;
        });
    }

    private Life running(String what) throws VmException {
        Life running = life;
        if (running == null || ending.get() != null) {
            throw new VmException("%s cannot be %s: it is %s".formatted(name(), what, state));
        }
        return running;
    }

    @Override
    public <T extends @Nullable Object> T command(Callable<T> command) throws VmException {
        try {
            if (control.isCurrent()) {
                throw new VmException(name() + ": a command from the machine's own control thread");
            }
            return control.submit(command).get();
        } catch (CancellationException e) {
            throw new VmException("%s does not run: it is %s; start it first".formatted(name(), state));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof VmException refused) {
                throw new VmException(String.valueOf(refused.getMessage()));
            }
            throw new VmException(name() + ": " + e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VmException(name() + ": interrupted while the command was carried out");
        }
    }

    @Override
    public void kill(String reason) {
        over(VmState.STOPPED, 0, reason);
        if (control.isCurrent()) {
            return;
        }
        try {
            outcome.get(KILL.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.log(System.Logger.Level.WARNING, "{0}: its end has not come within {1} s", name(), KILL.toSeconds());
        }
    }

    @Override
    public void remove() {
        kill("removed");
        services.forget().accept(this);
    }

    /**
     * Gives its name to another machine, where it does not run.
     *
     * @return false if it runs
     */
    boolean makesWay() throws VmException {
        if (!outcome.isDone() && !command(this::leaves)) {
            return false;
        }
        services.forget().accept(this);
        return true;
    }

    private boolean leaves() {
        if (state != VmState.DEFINED) {
            return false;
        }
        over(VmState.STOPPED, 0, "removed");
        return true;
    }

    @Override
    public CompletionStage<Outcome> outcome() {
        return outcome.minimalCompletionStage();
    }

    @Override
    public List<BayInfo> bays() {
        Assembly wired = assembly;
        return wired == null
                ? lastBays
                : wired.bays().all().stream().map(Bay::info).toList();
    }

    @Override
    public Map<String, Long> statistics() {
        Assembly wired = assembly;
        return wired == null ? lastStatistics : wired.bays().statistics();
    }

    @Override
    public void configure(String bay, Map<String, String> options) throws VmException {
        command(() -> {
            replacing().configure(bay, options);
            return null;
        });
    }

    @Override
    public Replaced setCpu(String wanted) throws VmException {
        Replaced replaced = command(() -> replacing().setCpu(wanted));
        trial.dismiss();
        return replaced;
    }

    @Override
    public Replaced setScheduler(String wanted) throws VmException {
        return command(() -> replacing().setScheduler(wanted));
    }

    @Override
    public Replaced restart(String bay) throws VmException {
        return command(() -> replacing().restart(bay));
    }

    @Override
    public void addDevice(VmSource device) throws VmException {
        deviceRequests.add(device);
    }

    @Override
    public void removeDevice(String id, Duration patience) throws VmException {
        deviceRequests.remove(id, patience);
    }

    @Override
    public Processors processors() {
        return processorRequests.count();
    }

    @Override
    public void setProcessors(int count, Duration patience) throws VmException {
        processorRequests.set(count, patience);
    }

    @Override
    public SnapshotReport snapshot(Path folder, SnapshotOptions options) throws VmException {
        return snapshotRequests.take(folder, options);
    }

    /** Makes clones of it. */
    CloneRequests clones() {
        return cloneRequests;
    }

    /** For tests. */
    SnapshotRequests snapshots() {
        return snapshotRequests;
    }

    @Override
    public Life life() throws VmException {
        return running("kept");
    }

    /** What it goes on from is damaged, as has been found only now. Any thread. */
    void damaged(String what) {
        LOG.log(System.Logger.Level.ERROR, "{0}: paused: {1}", name(), what);
        live(running -> {
            if (!running.pausedByUser()) {
                running.standStill();
            }
            notice("%s is paused: %s".formatted(name(), what));
        });
    }

    /** It stands on files that the host cannot read: whoever touches a page that is not there may end the process. Any thread. */
    void unreadable(String what) {
        unreadable = what;
        damaged(what);
    }

    /** Its memory need not come from files any more. Any thread. */
    void moveTo(FrozenRam memory) {
        live(running -> {
            try {
                running.moveTo(memory);
            } catch (Exception e) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "{0}: its memory stays on the snapshot: {1}",
                        name(),
                        e.toString());
            }
        });
    }

    @Override
    public HotPlug slots() throws VmException {
        Life running = life;
        Assembly wired = assembly;
        if (running == null || wired == null || state != VmState.RUNNING) {
            throw new VmException(
                    "%s: devices come and go while a machine runs only: it is %s".formatted(name(), state));
        }
        HotPlug made = hotPlug;
        if (made == null) {
            made = new HotPlug(wired, services.wiring(), running, taps::connect);
            hotPlug = made;
        }
        return made;
    }

    @Override
    public AutoCloseable tap(AccessTap tap) {
        return taps.add(tap);
    }

    // What parts, the board and the vCPUs ask for.

    @Override
    public void reset(String reason) {
        stopVcpus();
        if (resetting.compareAndSet(false, true)) {
            live(running -> running.reset(reason, () -> resetting.set(false)));
        }
    }

    @Override
    public void resetDevice(String device) {
        wired().flatMap(made -> made.bays().device(device)).ifPresent(found -> {
            found.bay().closeGate();
            live(running -> running.reset(found));
        });
    }

    @Override
    public void processorEjected(int vcpu) {
        live(running -> processorRequests.ejected(vcpu));
    }

    private void stopVcpus() {
        Assembly wired = assembly;
        if (wired != null) {
            wired.group().stopping(true);
        }
    }

    @Override
    public void live(Consumer<Life> action) {
        control.post(() -> ifAlive(action));
    }

    @Override
    public void notice(String text) {
        noticed.forEach(listener -> listener.accept(text));
    }

    private void ifAlive(Consumer<Life> action) {
        Life running = life;
        if (running != null && ending.get() == null) {
            action.accept(running);
        }
    }

    @Override
    public void end(int status, String reason) {
        over(VmState.STOPPED, status, reason);
    }

    @Override
    public void failed(Bay bay, long occupant, String reason) {
        live(running -> {
            if (bay.holds(occupant)) {
                running.failed(bay, reason);
            }
        });
    }

    @Override
    public boolean ending() {
        return ending.get() != null;
    }

    @Override
    public Optional<Path> readsFrom() {
        return origin.readsFrom();
    }

    @Override
    public void guestRenewed() {
        if (wired().filter(made -> made.surroundings().isolation().end()).isPresent()) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "{0}: the guest has made its random numbers anew: its networks open",
                    name());
        }
    }

    @Override
    public void spoken() {
        trial.heard();
    }

    @Override
    public void later(Runnable task) {
        control.post(task);
    }

    @Override
    public void watchParked() {
        services.later().after(Life.PARKED, () -> live(Life::checkParked));
    }

    // What those who look into it ask for.

    @Override
    public VmDebugger debugger(DebugListener listener) throws VmException {
        alive();
        return observation.attach(name(), listener);
    }

    @Override
    public AutoCloseable trace(Set<TraceKind> kinds, TraceSink sink) throws VmException {
        alive();
        observation.trace(Set.copyOf(kinds), sink);
        return () -> {
            if (ending.get() == null) {
                observation.trace(Set.of(), sink);
            }
        };
    }

    private void alive() throws VmException {
        if (ending.get() != null) {
            throw new VmException("%s cannot be looked into: it is %s".formatted(name(), state));
        }
    }

    @Override
    public AutoCloseable notices(Consumer<String> listener) {
        noticed.add(listener);
        return () -> noticed.remove(listener);
    }

    @Override
    public int vcpus() {
        return file.maxCpus();
    }

    @Override
    public Optional<Assembly> wired() {
        return Optional.ofNullable(assembly);
    }

    @Override
    public void hold(boolean still) {
        ifAlive(running -> running.debugged(still, true));
    }

    @Override
    public void releaseForReset(String reason) {
        ifAlive(running -> running.debugged(false, false));
        reset(reason);
    }

    // What plugins do.

    CompletableFuture<?> vacate(Offer offer, Deadline deadline) {
        if (state == VmState.DEFINED || outcome.isDone()) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<?> done = control.submit(() -> {
                    ifAlive(running -> running.vacate(offer, deadline));
                    return null;
                })
                .exceptionally(failure -> {
                    LOG.log(System.Logger.Level.WARNING, "{0}: {1} goes: {2}", name(), offer, failure.toString());
                    return null;
                });
        // Another plugin may offer the type already; its parts come when this one's are gone.
        refill();
        return done;
    }

    void refill() {
        if (assembly != null) {
            live(Life::refill);
        }
    }

    /** Whether some bay holds a part of one of these offers. Any thread. */
    boolean holdsAnyOf(Set<Offer> offers) {
        return wired().stream()
                .flatMap(made -> made.bays().all().stream())
                .anyMatch(bay -> bay.offer().filter(offers::contains).isPresent());
    }

    /** The bays whose part comes from an offer. Any thread. */
    List<String> holding(Offer offer) {
        return wired().stream()
                .flatMap(made -> made.bays().of(offer).stream())
                .map(Bay::id)
                .toList();
    }

    /** What replaces its parts, on its control thread. */
    Replacing replacing() throws VmException {
        Life running = running("changed");
        Assembly wired = assembly;
        if (wired == null) {
            throw new VmException("%s cannot be changed: it is %s".formatted(name(), state));
        }
        return new Replacing(wired, running, services);
    }

    // What its life reports.

    @Override
    public void state(VmState now) {
        if (ending.get() == null) {
            state = now;
        }
    }

    @Override
    public void vacant() {
        services.later().after(Life.VACANCY, () -> live(Life::checkVacancy));
    }

    /** The first who says how it ends is right. */
    @Override
    public void over(VmState last, int status, String reason) {
        if (ending.compareAndSet(null, new Ending(last, status, reason))) {
            stopVcpus();
            control.post(this::finish);
        }
    }

    private static Ending ending(Verdict verdict) {
        return verdict.same()
                ? new Ending(VmState.STOPPED, 0, verdict.text())
                : new Ending(VmState.FAILED, 1, verdict.text());
    }

    private void finish() {
        Ending how = ending.get();
        if (how == null || outcome.isDone()) {
            return;
        }
        Life running = life;
        if (running != null) {
            lastStatistics = statistics();
            lastBays = bays();
            try {
                running.rest();
                // Again, with what the vCPUs did on their way out.
                lastStatistics = statistics();
                how = running.endJournal(how.reason()).map(Machine::ending).orElse(how);
                running.close();
            } catch (RuntimeException | Error e) {
                LOG.log(System.Logger.Level.ERROR, name() + ": its end did not go as it should", e);
            }
        }
        life = null;
        assembly = null;
        origin.ended();
        state = how.state();
        LOG.log(System.Logger.Level.INFO, "{0}: {1}: {2}", name(), how.state(), how.reason());
        control.end();
        Outcome last = new Outcome(how.state(), how.status(), how.reason());
        observation.ended(last);
        outcome.complete(last);
    }
}
