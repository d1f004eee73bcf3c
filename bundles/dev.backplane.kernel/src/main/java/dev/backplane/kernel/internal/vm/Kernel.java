package dev.backplane.kernel.internal.vm;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.DiskManager;
import dev.backplane.api.vm.CloneOptions;
import dev.backplane.api.vm.Cloned;
import dev.backplane.api.vm.OfferedType;
import dev.backplane.api.vm.RestoreOptions;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.api.vm.VmSource;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.bay.DeviceSocket;
import dev.backplane.kernel.internal.bay.StorageSocket;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.KnownPlugins;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.catalogue.OfferListener;
import dev.backplane.kernel.internal.disk.Disks;
import dev.backplane.kernel.internal.file.Mark;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.VmFile;
import dev.backplane.kernel.internal.file.VmFileReader;
import dev.backplane.kernel.internal.files.ImageFiles;
import dev.backplane.kernel.internal.memory.RamBacking;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/** The machines of this process. Plain Java: the component beside it connects it to the framework. */
public final class Kernel implements VmManager, OfferListener, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Kernel.class.getName());

    /** How long the parts of a plugin that is being stopped may take to come to rest, all together. */
    private static final Duration RAW_QUIESCE = Duration.ofSeconds(2);

    /** What comes on top for saving and closing before the plugin's stop goes on regardless. */
    private static final Duration RAW_SAVE = Duration.ofSeconds(3);

    /** How long a question waits for the plugin folder. */
    private static final Duration PLUGINS = Duration.ofSeconds(3);

    private static final long LOOK_NANOS = 20_000_000;

    private final Map<String, Machine> machines = new ConcurrentSkipListMap<>();
    private final Catalogue catalogue;
    private final KnownPlugins known;
    private final DiskManager disks;
    private final CpuChoice cpus;
    private final BooleanSupplier framework;
    private final TypeResolution types;
    private final ScheduledThreadPoolExecutor later;
    private final Services services;
    private final Restorer restorer;
    private final SliceClock slices = new SliceClock();
    private final Swaps swaps = new Swaps(machines);

    /**
     * The kernel.
     *
     * @param catalogue the types that can be had
     * @param known plugins that would offer more
     * @param memory makes the machines' memory
     * @param files opens the files of their disks
     * @param framework whether the framework is fully started
     * @param threads the vCPU threads as the host sees them
     */
    public Kernel(
            Catalogue catalogue,
            KnownPlugins known,
            RamBacking.Source memory,
            ImageFiles files,
            BooleanSupplier framework,
            HostThreads threads) {
        this(catalogue, known, memory, files, framework, threads, Trial.SILENCE);
    }

    /**
     * The kernel, for tests that do not want to wait.
     *
     * @param catalogue the types that can be had
     * @param known plugins that would offer more
     * @param memory makes the machines' memory
     * @param files opens the files of their disks
     * @param framework whether the framework is fully started
     * @param threads the vCPU threads as the host sees them
     * @param silence how long a guest on an unproven CPU backend may stay silent, in its own time
     */
    public Kernel(
            Catalogue catalogue,
            KnownPlugins known,
            RamBacking.Source memory,
            ImageFiles files,
            BooleanSupplier framework,
            HostThreads threads,
            Duration silence) {
        this.catalogue = catalogue;
        this.known = known;
        this.framework = framework;
        disks = new Disks(catalogue, this::awaitPlugins, files, List.of());
        cpus = new CpuChoice(catalogue);
        types = new TypeResolution(catalogue, cpus, known);
        later = new ScheduledThreadPoolExecutor(1, Kernel::thread);
        later.setRemoveOnCancelPolicy(true);
        later.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        Wiring wiring = new Wiring(types, memory, files, threads, slices);
        restorer = new Restorer(catalogue, cpus, wiring);
        services = new Services(
                catalogue,
                wiring,
                cpus,
                silence,
                framework,
                (delay, action) -> {
                    if (!later.isShutdown()) {
                        later.schedule(action, delay.toNanos(), TimeUnit.NANOSECONDS);
                    }
                },
                machine -> machines.remove(machine.name(), machine));
    }

    private static Thread thread(Runnable body) {
        Thread thread = Thread.ofPlatform()
                .name("backplane/later")
                .daemon()
                .inheritInheritableThreadLocals(false)
                .unstarted(body);
        thread.setContextClassLoader(null);
        return thread;
    }

    /** Begins to follow the catalogue. */
    public void open() {
        catalogue.listen(this);
    }

    @Override
    public Vm define(VmSource source) throws ConfigurationException {
        VmFile file = VmFileReader.read(source);
        check(file);
        Machine machine = new Machine(file, Origin.BOOT, services);
        if (machines.putIfAbsent(file.name(), machine) != null) {
            throw new ConfigurationException(
                    "%sname: there is a machine \"%s\" already: give this one another name, or remove that one"
                            .formatted(Mark.in(source.name(), 0, 0).prefix(), file.name()));
        }
        return machine;
    }

    @Override
    public Vm restore(Path folder, RestoreOptions options) throws VmException {
        awaitPlugins();
        Restorer.Ready ready = restorer.read(folder, options);
        Machine machine = new Machine(ready.file(), ready.origin(), services);
        ready.news().to(machine);
        Machine there = machines.get(machine.name());
        if (there != null && !there.makesWay() || machines.putIfAbsent(machine.name(), machine) != null) {
            throw new VmException(
                    "%s: there is a machine \"%s\" that runs: end that one first, or give the one that goes on from the snapshot another name"
                            .formatted(folder, machine.name()));
        }
        return machine;
    }

    @Override
    public Cloned clone(String machine, CloneOptions options) throws VmException {
        Machine source = machines.get(machine);
        if (source == null) {
            throw new VmException("there is no machine \"%s\"".formatted(machine));
        }
        for (int number = 1; number <= options.count(); number++) {
            refuseTaken(options.name(number));
        }
        CloneRequests.Mold mold = source.clones().take(options);
        List<Vm> clones = new ArrayList<>();
        Map<String, List<Path>> made = new HashMap<>();
        try (mold) {
            for (CloneRequests.Ready ready : mold.clones()) {
                Machine clone = new Machine(ready.file(), ready.origin(), services);
                if (machines.putIfAbsent(clone.name(), clone) != null) {
                    refuseTaken(clone.name());
                }
                clones.add(clone);
                made.put(clone.name(), mold.disks().make(clone.name(), disks));
            }
        } catch (VmException | RuntimeException e) {
            clones.forEach(Vm::remove);
            mold.disks().abandon();
            throw e;
        } catch (ConfigurationException | StorageException e) {
            clones.forEach(Vm::remove);
            mold.disks().abandon();
            throw new VmException("%s: no clone was made: %s".formatted(machine, e.getMessage()));
        }
        return new Cloned(clones, mold.pause(), made);
    }

    private void refuseTaken(String name) throws VmException {
        if (machines.containsKey(name)) {
            throw new VmException("there is a machine \"%s\" already: give the clones other names, or remove that one"
                    .formatted(name));
        }
    }

    /** Checks the options of the parts whose plugins are at hand. The others are checked when the machine is wired. */
    private void check(VmFile file) throws ConfigurationException {
        TypeResolution own = types.of(file.name());
        checkBeneath(own, file.scheduler(), file.folder());
        for (PartSpec device : file.devices()) {
            Optional<Offer> offer = own.lookUp(device);
            if (offer.isPresent()) {
                for (PartSpec nested :
                        DeviceSocket.plan(device, file.folder(), offer.get()).nested()) {
                    checkBeneath(own, nested, file.folder());
                }
            }
        }
    }

    private static void checkBeneath(TypeResolution types, PartSpec asked, Path folder) throws ConfigurationException {
        Optional<Offer> offer = types.lookUp(asked);
        if (offer.isEmpty()) {
            return;
        }
        for (PartSpec nested :
                StorageSocket.nested(asked.ofKind(offer.get().kind().word()), folder, offer.get())) {
            checkBeneath(types, nested, folder);
        }
    }

    @Override
    public List<Vm> list() {
        return List.copyOf(machines.values());
    }

    @Override
    public Optional<Vm> find(String name) {
        return Optional.ofNullable(machines.get(name));
    }

    @Override
    public List<OfferedType> types() {
        awaitPlugins();
        List<OfferedType> all = new ArrayList<>();
        for (Offer offer : catalogue.all()) {
            String note = offer.kind() == Kind.CPU ? cpus.probe(offer).reason() : standing(offer);
            all.add(new OfferedType(
                    offer.kind().word(),
                    offer.type(),
                    offer.bundle(),
                    offer.version().toString(),
                    note));
        }
        return all;
    }

    /** What a VM file gets that names the type alone. */
    private String standing(Offer offer) {
        Optional<Set<String>> reserved = catalogue.reservedFor(offer.bundleId());
        if (reserved.isPresent()) {
            return reserved.get().isEmpty()
                    ? "waits to take over"
                    : "for " + String.join(", ", new TreeSet<>(reserved.get()));
        }
        Offer first =
                catalogue.choose(offer.kind(), offer.type(), Optional.empty()).orElse(offer);
        if (first == offer) {
            return "";
        }
        return first.version().equals(offer.version())
                ? "hidden by another of the same version"
                : "for VM files that ask for this version; else " + first.version();
    }

    @Override
    public List<String> unused() {
        awaitPlugins();
        return known.doubtful();
    }

    /**
     * Managed swaps of its machines.
     *
     * @return always the same
     */
    public Swaps swaps() {
        return swaps;
    }

    /** What lay in the plugin folder at the start is about to come. */
    public void awaitPlugins() {
        Deadline deadline = Deadline.in(PLUGINS);
        try {
            while (!framework.getAsBoolean() && !deadline.passed()) {
                catalogue.awaitChange(catalogue.changes(), LOOK_NANOS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void came(Offer offer) {
        machines.values().forEach(Machine::refill);
    }

    /** On the thread that stops the plugin. All machines at once, under one deadline. */
    @Override
    public void going(Offer offer) {
        Deadline deadline = Deadline.in(RAW_QUIESCE);
        List<CompletableFuture<?>> vacated = new ArrayList<>();
        for (Machine machine : machines.values()) {
            vacated.add(machine.vacate(offer, deadline));
        }
        try {
            CompletableFuture.allOf(vacated.toArray(CompletableFuture<?>[]::new))
                    .get(deadline.remainingNanos() + RAW_SAVE.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (TimeoutException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0} goes, and a machine is still busy with something else: it takes its parts out later",
                    offer);
        }
        cpus.forget(offer);
    }

    /** Ends all machines. Called while the plugins are still there: they have lower start levels. */
    @Override
    public void close() {
        catalogue.unlisten(this);
        List<Machine> all = List.copyOf(machines.values());
        for (Machine machine : all) {
            machine.over(VmState.STOPPED, 0, "the framework stops");
        }
        for (Machine machine : all) {
            machine.kill("the framework stops");
        }
        later.shutdownNow();
        slices.close();
    }
}
