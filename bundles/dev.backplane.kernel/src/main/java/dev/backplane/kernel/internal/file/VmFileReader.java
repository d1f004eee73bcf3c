package dev.backplane.kernel.internal.file;

import dev.backplane.api.machine.BootSource;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Option;
import dev.backplane.api.vm.VmSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a VM file. */
public final class VmFileReader {
    /** The type that stands for the backend that fits the host best. */
    public static final String AUTO = "auto";

    private static final String DEFAULT_MODEL = "x86-64-v2";
    private static final String DEFAULT_BOARD = "pc-1";
    private static final String DEFAULT_SCHEDULER = "host";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    private static final String SCHEDULER = "scheduler";
    private static final String[] PARTS = {"cpu", SCHEDULER, "machine", "devices", "clock"};

    /** The keys of a VM file that are no parts. */
    private record Head(
            @Option("The machine's name, unique in the process.")
            String name,

            @Option(value = "How many vCPUs.", byDefault = "1", min = 1, max = 64)
            int cpus,

            @Option(
                    value = "How many it may have while it runs; as many as cpus where it is not given.",
                    min = 1,
                    max = 64)
            Optional<Integer> maxCpus,

            @Option(value = "How much RAM.", min = 4096, max = 1L << 40, unit = Option.Unit.BYTES)
            long memory,

            @Option("What to boot.") BootSource boot,

            @Option(value = "What to do when the guest resets the machine.", byDefault = "restart")
            VmFile.OnReboot onReboot,

            @Option(value = "What to do when a bay has been vacant for a second.", byDefault = "pause")
            VmFile.OnVacant onVacant,

            @Option(
                    value = "What becomes of the networks of a clone, or of one that goes on from a snapshot.",
                    byDefault = "run")
            VmFile.OnClone onClone) {}

    private VmFileReader() {}

    /**
     * Reads a VM file. Own options of the parts are checked for their shape only.
     *
     * @param source the text and where it came from
     * @return what it says
     * @throws ConfigurationException with file, line, column, key and what was expected
     */
    public static VmFile read(VmSource source) throws ConfigurationException {
        Node root = YamlTree.read(source.name(), source.text());
        Node.Mapping file = Overrides.apply(
                PartReader.mapping(root, "VM file", "a map with at least name, memory and boot"), source.overrides());
        Path folder = source.folder();
        Scope scope = new Scope(folder, "");
        Head head = new OptionBinder().bind(Head.class, file.without(PARTS), "", scope, PARTS);
        if (!NAME.matcher(head.name()).matches()) {
            throw new ConfigurationException("%sname: \"%s\": expected letters, digits, ., - and _, at most 63"
                    .formatted(place(file, "name").prefix(), head.name()));
        }
        PartSpec cpu = part(file, "cpu", AUTO);
        ClockSpec clock = clock(file, scope);
        return new VmFile(
                source.name(),
                head.name(),
                head.cpus(),
                maxCpus(head, clock, file),
                head.memory(),
                place(file, "memory"),
                withoutModel(cpu),
                model(cpu),
                part(file, SCHEDULER, DEFAULT_SCHEDULER),
                file.entries().containsKey(SCHEDULER),
                part(file, "machine", DEFAULT_BOARD),
                head.boot(),
                place(file, "boot"),
                head.onReboot(),
                head.onVacant(),
                head.onClone(),
                devices(file),
                clock,
                place(file, "clock"),
                GuestVisible.of(file),
                file,
                folder);
    }

    /**
     * Reads one device, as an item of a VM file's {@code devices}.
     *
     * @param source the text and where it came from
     * @return what it says
     * @throws ConfigurationException with key and what was expected
     */
    public static PartSpec device(VmSource source) throws ConfigurationException {
        Node root = YamlTree.read(source.name(), source.text());
        Node.Mapping map = Overrides.apply(
                PartReader.mapping(root, "device", "a map with type, id and the options of that type"),
                source.overrides());
        return PartReader.identified("device", map, "device");
    }

    /**
     * Reads what a VM file says of the CPU backend, for a machine that runs.
     *
     * @param text a type, or a map with one and its options
     * @return what is asked for
     * @throws ConfigurationException when it is neither, or names a CPU model
     */
    public static PartSpec cpu(String text) throws ConfigurationException {
        PartSpec cpu = PartReader.referred("cpu", "cpu", YamlTree.read("", text), "cpu");
        if (cpu.options().entries().containsKey("model")) {
            throw new ConfigurationException(
                    "cpu.model: leave this out: a guest keeps the model that it was started with");
        }
        return cpu;
    }

    /**
     * Reads what a scheduler is to be from now on.
     *
     * @param text as in a VM file: a type, or a map with type and its options
     * @return what it says
     * @throws ConfigurationException when it is neither
     */
    public static PartSpec scheduler(String text) throws ConfigurationException {
        return PartReader.referred(SCHEDULER, SCHEDULER, YamlTree.read("", text), SCHEDULER);
    }

    /**
     * The same file with another scheduler.
     *
     * @param file a VM file
     * @param scheduler what it says of it
     * @return a new tree
     */
    public static Node.Mapping scheduledBy(Node.Mapping file, PartSpec scheduler) {
        Map<String, Node.Entry> entries = new LinkedHashMap<>(file.entries());
        entries.put(SCHEDULER, new Node.Entry(Mark.NOWHERE, NodeText.tree(scheduler, false)));
        return new Node.Mapping(file.at(), entries);
    }

    private static int maxCpus(Head head, ClockSpec clock, Node.Mapping file) throws ConfigurationException {
        int most = head.maxCpus().orElse(head.cpus());
        String prefix = place(file, "maxCpus").prefix();
        if (most < head.cpus()) {
            throw new ConfigurationException("%smaxCpus: %d: expected %d, which the machine begins with, or more"
                    .formatted(prefix, most, head.cpus()));
        }
        if (most > head.cpus() && clock.virtual()) {
            throw new ConfigurationException(
                    "%smaxCpus: %d: a machine on virtual time keeps the vCPUs that it begins with: expected %d, or leave the key out"
                            .formatted(prefix, most, head.cpus()));
        }
        return most;
    }

    private static Mark place(Node.Mapping file, String key) {
        Node.@Nullable Entry entry = file.entries().get(key);
        return entry == null ? file.at() : entry.value().at();
    }

    private static PartSpec part(Node.Mapping file, String key, String byDefault) throws ConfigurationException {
        Node.@Nullable Entry entry = file.entries().get(key);
        Node node = entry != null ? entry.value() : new Node.Scalar(file.at(), byDefault, false);
        return PartReader.referred(key, key, node, key);
    }

    private static String model(PartSpec cpu) throws ConfigurationException {
        Node.@Nullable Entry model = cpu.options().entries().get("model");
        if (model == null) {
            return DEFAULT_MODEL;
        }
        if (model.value() instanceof Node.Scalar scalar && !scalar.isNull()) {
            return scalar.text();
        }
        throw new ConfigurationException("%scpu.model: expected the name of a CPU model such as %s"
                .formatted(model.value().at().prefix(), DEFAULT_MODEL));
    }

    private static PartSpec withoutModel(PartSpec cpu) {
        return new PartSpec(
                cpu.id(),
                cpu.kind(),
                cpu.type(),
                cpu.typeAt(),
                cpu.version(),
                cpu.path(),
                cpu.options().without("model"));
    }

    private static ClockSpec clock(Node.Mapping file, Scope scope) throws ConfigurationException {
        Node.@Nullable Entry entry = file.entries().get("clock");
        Node.Mapping map =
                entry == null ? new Node.Mapping(file.at(), Map.of()) : PartReader.expand(entry.value(), "clock");
        ClockSpec clock = new OptionBinder().bind(ClockSpec.class, map, "clock", scope);
        String prefix = map.at().prefix();
        if (clock.record().isPresent() && clock.replay().isPresent()) {
            throw new ConfigurationException(prefix + "clock: record and replay: expected one of them");
        }
        if (!clock.virtual() && (clock.record().isPresent() || clock.replay().isPresent())) {
            throw new ConfigurationException(
                    prefix
                            + "clock.type: \"host\": a recording needs the virtual clock: expected virtual, or leave the key out");
        }
        return clock;
    }

    private static List<PartSpec> devices(Node.Mapping file) throws ConfigurationException {
        Node.@Nullable Entry entry = file.entries().get("devices");
        List<PartSpec> devices = new ArrayList<>();
        if (entry == null) {
            return devices;
        }
        if (!(entry.value() instanceof Node.Sequence list)) {
            throw new ConfigurationException("%sdevices: expected a list of maps with type and id"
                    .formatted(entry.value().at().prefix()));
        }
        Map<String, Mark> seen = new HashMap<>(Map.of(
                "cpu", place(file, "cpu"), "machine", place(file, "machine"), SCHEDULER, place(file, SCHEDULER)));
        for (Node item : list.items()) {
            String path = "devices[" + devices.size() + "]";
            PartSpec device = PartReader.identified("device", item, path);
            Mark earlier = seen.putIfAbsent(device.id(), item.at());
            if (earlier != null) {
                throw new ConfigurationException("%s%s.id: \"%s\" is the identifier of another part already (%s)"
                        .formatted(item.at().prefix(), path, device.id(), earlier));
            }
            devices.add(device);
        }
        return devices;
    }
}
