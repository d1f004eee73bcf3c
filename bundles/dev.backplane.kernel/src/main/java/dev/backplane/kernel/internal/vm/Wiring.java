package dev.backplane.kernel.internal.vm;

import dev.backplane.api.machine.Board;
import dev.backplane.api.machine.MachineModel;
import dev.backplane.api.machine.ProcessorBoard;
import dev.backplane.api.memory.RamRange;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Resumption.Cause;
import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.bay.CallThreads;
import dev.backplane.kernel.internal.bay.CpuSocket;
import dev.backplane.kernel.internal.bay.DeviceSocket;
import dev.backplane.kernel.internal.bay.Fronts;
import dev.backplane.kernel.internal.bay.Isolation;
import dev.backplane.kernel.internal.bay.MachineRequests;
import dev.backplane.kernel.internal.bay.SchedulerSocket;
import dev.backplane.kernel.internal.bay.Signals;
import dev.backplane.kernel.internal.bay.Surroundings;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.VmFile;
import dev.backplane.kernel.internal.files.ImageFiles;
import dev.backplane.kernel.internal.journal.StateHash;
import dev.backplane.kernel.internal.memory.GuestRam;
import dev.backplane.kernel.internal.memory.RamBacking;
import dev.backplane.kernel.internal.plan.MachineBays;
import dev.backplane.kernel.internal.plan.Settlement;
import dev.backplane.kernel.internal.vm.TypeResolution.MissingType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes a machine from a VM file: first everything is looked up, then everything is made, from the bottom up. */
final class Wiring {
    private static final System.Logger LOG = System.getLogger(Wiring.class.getName());

    private final TypeResolution types;
    private final RamBacking.Source memory;
    private final ImageFiles files;
    private final HostThreads threads;
    private final SliceClock slices;

    Wiring(TypeResolution types, RamBacking.Source memory, ImageFiles files, HostThreads threads, SliceClock slices) {
        this.types = types;
        this.memory = memory;
        this.files = files;
        this.threads = threads;
        this.slices = slices;
    }

    /**
     * A device, and what it stands on.
     *
     * @param socket the device's socket
     * @param beneath what its options refer to
     */
    record Planned(DeviceSocket socket, List<Beneath> beneath) {}

    /**
     * What a VM file needs, found. Nothing is allocated.
     *
     * @param cpu what was chosen, and why
     * @param devices each with its own plan
     * @param offers where each bay's part comes from, by bay identifier
     */
    record Bill(Offer machine, CpuChoice.Choice cpu, List<Planned> devices, Map<String, Offer> offers) {}

    /**
     * Looks everything up.
     *
     * @throws MissingType when nobody offers a type
     * @throws ConfigurationException when options cannot work
     */
    Bill lookUp(VmFile file) throws MissingType, ConfigurationException {
        Map<String, Offer> offers = new LinkedHashMap<>();
        Offer machine = types.of(file.name()).resolve(file.machine());
        CpuChoice.Choice cpu = lookUpCpu(file);
        offers.put(file.cpu().id(), cpu.offer());
        lookUpScheduler(file).ifPresent(offer -> offers.put(file.scheduler().id(), offer));
        List<Planned> devices = new ArrayList<>();
        for (PartSpec spec : file.devices()) {
            devices.add(lookUp(file.name(), spec, file.folder(), offers));
        }
        return new Bill(machine, cpu, devices, offers);
    }

    /**
     * Looks a device up, and what it stands on.
     *
     * @param vm the machine's name
     * @param offers gets where each bay's part comes from, by bay identifier
     * @throws MissingType when nobody offers a type
     * @throws ConfigurationException when options cannot work
     */
    Planned lookUp(String vm, PartSpec spec, Path folder, Map<String, Offer> offers)
            throws MissingType, ConfigurationException {
        TypeResolution own = types.of(vm);
        Offer offer = own.resolve(spec);
        DeviceSocket.Planned planned = DeviceSocket.plan(spec, folder, offer);
        List<Beneath> beneath = new ArrayList<>();
        for (PartSpec nested : planned.nested()) {
            beneath.add(Beneath.lookUp(nested, folder, own, offers));
        }
        offers.put(spec.id(), offer);
        return new Planned(planned.socket(), beneath);
    }

    /** Without one vCPUs run as the host lets them, which is what the default does. */
    private Optional<Offer> lookUpScheduler(VmFile file) throws MissingType {
        TypeResolution own = types.of(file.name());
        return file.schedulerAsked() ? Optional.of(own.resolve(file.scheduler())) : own.lookUp(file.scheduler());
    }

    /**
     * Looks a CPU backend up.
     *
     * @throws MissingType when nobody offers the type
     * @throws ConfigurationException when none is fit
     */
    CpuChoice.Choice lookUpCpu(VmFile file) throws MissingType, ConfigurationException {
        return types.of(file.name()).resolveCpu(file.cpu(), file.clock().virtual());
    }

    /**
     * Makes the machine. When this returns every bay has a part at rest, and the guest is loaded.
     *
     * @param origin where the guest comes from
     * @throws ConfigurationException when a part cannot be made; nothing stays behind
     */
    Assembly make(VmFile file, Bill bill, MachineRequests requests, VcpuEvents events, Origin origin)
            throws ConfigurationException {
        MachineModel model = bill.machine().factory(MachineModel.class);
        List<RamRange> own = memoryMap(file, model);
        List<RamRange> ranges = withDevices(own, bill.devices());
        GuestRam ram = new GuestRam(ranges, allocate(file, ranges, origin));
        Timing timing = timing(file, bill, events, ram, origin);
        Surroundings surroundings = new Surroundings(
                file.name(),
                ram,
                timing.clock(),
                new Signals(file.name()),
                requests,
                new CallThreads(),
                files,
                new Isolation(isolated(file, origin)),
                timing.virtual());
        Vcpus group = timing.vcpus();
        BoardContext context = new BoardContext(surroundings, file.cpus(), file.maxCpus(), own);
        Board board;
        try {
            board = model.create(context);
        } catch (ConfigurationException | RuntimeException e) {
            context.close();
            timing.close();
            surroundings.signals().close();
            ram.close();
            throw e;
        }
        if (group instanceof VcpuTurns turns) {
            turns.hashBy(new StateHash(file.cpus(), board, ram));
        }
        Bay scheduler = new SchedulerSocket(file.scheduler(), file.folder(), surroundings, group.scheduler()).bay();
        MachineBays bays = new MachineBays(cpu(file, bill, board, group, surroundings), scheduler, List.of());
        Assembly bare = assembly(file, bill, surroundings, context, board, bays, group);
        Assembly made = bare;
        try {
            made = assembly(file, bill, surroundings, context, board, plug(file, bill, bare), group);
            origin.prepare(made, this, bill.offers());
            present(made).ifPresent(group::present);
            fill(made.bays().all(), bill.offers());
            origin.load(made);
            group.start();
            return made;
        } catch (ConfigurationException | RuntimeException e) {
            made.close();
            throw e;
        }
    }

    /** Whether the guest may have what others have too, and is not to speak to anybody before that is over. */
    private static boolean isolated(VmFile file, Origin origin) {
        boolean another = origin.cause() == Cause.CLONE || origin.cause() == Cause.SNAPSHOT;
        return another && file.onClone() == VmFile.OnClone.ISOLATE;
    }

    /** The vCPUs that the guest has, where it need not have all. */
    private static Optional<BitSet> present(Assembly made) throws ConfigurationException {
        VmFile file = made.file();
        if (file.maxCpus() == file.cpus()) {
            return Optional.empty();
        }
        if (made.board() instanceof ProcessorBoard board) {
            return Optional.of(board.processors());
        }
        throw new ConfigurationException("maxCpus: %d: the board %s keeps the vCPUs that it begins with: expected %d"
                .formatted(file.maxCpus(), file.machine().type(), file.cpus()));
    }

    private Timing timing(VmFile file, Bill bill, VcpuEvents events, GuestRam ram, Origin origin)
            throws ConfigurationException {
        try {
            return Timing.of(file, bill, events, origin, threads, slices);
        } catch (ConfigurationException | RuntimeException e) {
            ram.close();
            throw e;
        }
    }

    private static Assembly assembly(
            VmFile file,
            Bill bill,
            Surroundings surroundings,
            BoardContext context,
            Board board,
            MachineBays bays,
            Vcpus group) {
        Settlement settlement = new Settlement(bays, group, surroundings.clock(), board);
        return new Assembly(file, surroundings, bill.machine(), context, board, bays, group, settlement);
    }

    private static List<RamRange> memoryMap(VmFile file, MachineModel model) throws ConfigurationException {
        try {
            return model.memoryMap(file.memoryBytes());
        } catch (ConfigurationException e) {
            throw new ConfigurationException(
                    "%smemory: %s".formatted(file.memoryAt().prefix(), e.getMessage()));
        }
    }

    /** The board's memory, and what devices bring along. */
    private static List<RamRange> withDevices(List<RamRange> own, List<Planned> devices) throws ConfigurationException {
        List<RamRange> all = new ArrayList<>(own);
        for (Planned device : devices) {
            for (RamRange range : device.socket().ram()) {
                Optional<RamRange> other = all.stream()
                        .filter(each -> each.gpa() < range.end() && range.gpa() < each.end())
                        .findFirst();
                String failure = ((range.gpa() | range.length()) & 0xfff) != 0 || range.length() <= 0 || range.gpa() < 0
                        ? "expected whole pages"
                        : other.map(each -> "overlaps other memory at 0x%x-0x%x".formatted(each.gpa(), each.end() - 1))
                                .orElse("");
                if (!failure.isEmpty()) {
                    PartSpec spec = device.socket().spec();
                    throw new ConfigurationException(placed(
                            spec,
                            "%s: its memory, 0x%x bytes at 0x%x: %s"
                                    .formatted(spec.id(), range.length(), range.gpa(), failure)));
                }
                all.add(range);
            }
        }
        all.sort(Comparator.comparingLong(RamRange::gpa));
        return all;
    }

    /** As much as the board's ranges hold: a board may have holes that cost the machine some of its memory. */
    private RamBacking allocate(VmFile file, List<RamRange> ranges, Origin origin) throws ConfigurationException {
        long bytes = ranges.stream().mapToLong(RamRange::length).sum();
        try {
            return origin.memory(memory, file.name(), bytes);
        } catch (OutOfMemoryError e) {
            throw new ConfigurationException("%smemory: the host does not give %,d bytes: %s"
                    .formatted(file.memoryAt().prefix(), bytes, e.getMessage()));
        }
    }

    private static CpuSocket cpu(VmFile file, Bill bill, Board board, Vcpus group, Surroundings surroundings) {
        PartSpec asked = file.cpu();
        Offer offer = bill.offers().get(asked.id());
        if (!asked.type().equals(offer.type())) {
            LOG.log(System.Logger.Level.INFO, "{0}: cpu: {1} is {2}", file.name(), asked.type(), offer.type());
        }
        return CpuSocket.plug(
                asked.ofType(offer.type()), file.folder(), file.cpuModel(), file.maxCpus(), board, group, surroundings);
    }

    private static MachineBays plug(VmFile file, Bill bill, Assembly bare) throws ConfigurationException {
        List<MachineBays.Device> devices = new ArrayList<>();
        for (Planned planned : bill.devices()) {
            devices.add(plug(
                    planned,
                    file.folder(),
                    bare.surroundings(),
                    fronts -> planned.socket().plug(bare.surroundings(), bare.board(), fronts)));
        }
        return new MachineBays(bare.bays().cpu(), bare.bays().scheduler(), devices);
    }

    /** Plugs a device's own bay. */
    @FunctionalInterface
    interface Plug {
        /** Does it. */
        Bay on(Fronts fronts) throws ConfigurationException;
    }

    /**
     * Makes the bays of a device, vacant, from the bottom up.
     *
     * @throws ConfigurationException when one does not fit: what collides on the board is told with its place in the file
     */
    static MachineBays.Device plug(Planned planned, Path folder, Surroundings surroundings, Plug own)
            throws ConfigurationException {
        Fronts fronts = new Fronts();
        List<MachineBays.Support> supports = new ArrayList<>();
        for (Beneath each : planned.beneath()) {
            supports.add(each.plug(folder, surroundings, fronts));
        }
        try {
            return new MachineBays.Device(own.on(fronts), planned.socket(), supports);
        } catch (ConfigurationException e) {
            throw new ConfigurationException(placed(planned.socket().spec(), e.getMessage()));
        }
    }

    /**
     * Fills vacant bays from the bottom up.
     *
     * @param topDown the bays
     * @param offers where each one's part comes from
     * @throws ConfigurationException when a part cannot be made
     */
    static void fill(List<Bay> topDown, Map<String, Offer> offers) throws ConfigurationException {
        for (Bay bay : topDown.reversed()) {
            Offer offer = offers.get(bay.id());
            if (offer == null && !bay.kind().isNeeded()) {
                continue;
            }
            var failure = bay.fill(offer);
            if (failure.isPresent()) {
                throw new ConfigurationException(placed(bay.spec(), failure.get()));
            }
        }
    }

    /** Errors in options say where they stand; others get the place of the part. */
    private static String placed(PartSpec spec, String failure) {
        if (failure.startsWith(spec.options().at().source() + ":")) {
            return failure;
        }
        boolean named = failure.startsWith(spec.path() + ".") || failure.startsWith(spec.path() + ":");
        String key = named ? "" : spec.path() + ": ";
        return spec.typeAt().prefix() + key + failure;
    }
}
