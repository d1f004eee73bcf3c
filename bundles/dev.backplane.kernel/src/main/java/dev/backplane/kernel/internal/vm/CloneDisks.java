package dev.backplane.kernel.internal.vm;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.DiskManager;
import dev.backplane.api.storage.image.NewDisk;
import dev.backplane.api.vm.CloneOptions;
import dev.backplane.api.vm.CloneOptions.Overlays;
import dev.backplane.api.vm.VmException;
import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.file.Mark;
import dev.backplane.kernel.internal.file.Node;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.files.HostImageFile;
import dev.backplane.kernel.internal.plan.MachineBays;
import dev.backplane.kernel.internal.snapshot.DiskFiles;
import dev.backplane.kernel.internal.vm.Restoration.Slotted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * The disks of clones. A file that the machine writes to is copied once, while the machine stands, and nobody writes to the copy; each clone
 * has an overlay of its own over it. The machine goes on as it was. A machine whose disks are read only needs nothing.
 */
final class CloneDisks {
    private static final String ON = "on";
    private static final String TYPE = "type";
    private static final String PATH = "path";

    private final String vm;
    private final List<Written> disks;
    private final Optional<Overlays> overlays;
    private final String mark = UUID.randomUUID().toString().substring(0, 8);
    private final List<Path> made = new ArrayList<>();

    /**
     * A disk that is written.
     *
     * @param device whose it is
     * @param added whether the device was added to the machine, and is not in its file
     * @param spec its upmost layer, in a bay of its own
     * @param file what is written
     */
    private record Written(PartSpec device, boolean added, PartSpec spec, HostImageFile file) {
        /** The device's option. */
        private String key() {
            return spec.id().substring(device.id().length() + 1);
        }

        private boolean has(String bay) {
            return bay.equals(spec.id()) || bay.startsWith(spec.id() + ".");
        }
    }

    private CloneDisks(String vm, List<Written> disks, Optional<Overlays> overlays) {
        this.vm = vm;
        this.disks = disks;
        this.overlays = overlays;
    }

    /**
     * Looks at a machine's disks.
     *
     * @throws VmException when one is written that cannot have an overlay
     */
    static CloneDisks of(Assembly machine, CloneOptions options) throws VmException {
        String vm = machine.file().name();
        List<Written> disks = new ArrayList<>();
        List<String> refused = new ArrayList<>();
        for (Bay bay : machine.bays().all()) {
            List<HostImageFile> files = bay.images();
            if (bay.kind() == Kind.PROTOCOL && files.isEmpty()) {
                refused.add(
                        "%s (%s) may be written".formatted(bay.id(), bay.spec().type()));
            }
            for (HostImageFile file : files) {
                if (file.isWritable()) {
                    Optional<Written> disk =
                            options.overlays().isPresent() ? written(machine, bay, file) : Optional.empty();
                    disk.ifPresentOrElse(
                            disks::add, () -> refused.add("%s writes to %s".formatted(bay.id(), file.path())));
                }
            }
        }
        if (!refused.isEmpty()) {
            throw new VmException(
                    "%s cannot be cloned: %s: two machines would write to one disk. %s, make its disks read-only, or give each machine a copy of its own by 'vm snapshot --copy-disks' and 'vm restore --disks'"
                            .formatted(
                                    vm,
                                    String.join(", ", refused),
                                    options.overlays().isPresent()
                                            ? "Overlays are made for disks that are an image in one file"
                                            : "Name a folder for overlays ('vm clone --disks DIR')"));
        }
        return new CloneDisks(vm, disks, options.overlays());
    }

    /** A device's disk whose image is one file: the device's bay has a layer below, and that one the file's. */
    private static Optional<Written> written(Assembly machine, Bay below, HostImageFile file) {
        return machine.bays().devices().stream()
                .map(MachineBays.Device::socket)
                .flatMap(socket -> machine.bays().all().stream()
                        .filter(bay -> isDisk(bay, socket.spec()) && below.id().equals(bay.id() + "." + ON))
                        .map(bay -> new Written(socket.spec(), socket.isInSlot(), bay.spec(), file)))
                .findFirst();
    }

    private static boolean isDisk(Bay bay, PartSpec device) {
        return bay.id().startsWith(device.id() + ".")
                && bay.id().indexOf('.', device.id().length() + 1) < 0;
    }

    /** Whether a bay's part begins anew in a clone, since what is below its device is something else. */
    boolean replace(String bay) {
        return disks.stream().anyMatch(disk -> disk.has(bay));
    }

    /** While all is at rest. */
    void copy() throws IOException {
        for (Written disk : disks) {
            Path base = base(disk);
            Files.createDirectories(base.getParent());
            made.add(base);
            DiskFiles.copy(disk.file(), base);
            Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("r--------"));
        }
    }

    private Path base(Written disk) {
        return folder().resolve("%s-%s-%s.base".formatted(vm, disk.device().id(), mark));
    }

    private Path overlay(Written disk, String clone) {
        return folder().resolve(
                        "%s-%s-%s.overlay".formatted(clone, disk.device().id(), mark));
    }

    private Path folder() {
        return overlays.orElseThrow().folder().toAbsolutePath().normalize();
    }

    /**
     * Makes a clone's overlays.
     *
     * @return what is the clone's, alone or with others
     */
    List<Path> make(String clone, DiskManager manager) throws ConfigurationException, StorageException {
        List<Path> files = new ArrayList<>();
        for (Written disk : disks) {
            Path overlay = overlay(disk, clone);
            made.add(overlay);
            manager.create(new NewDisk(
                    overlay.toString(),
                    overlays.orElseThrow().format(),
                    Map.of(),
                    OptionalLong.empty(),
                    Optional.of(new NewDisk.Backing(
                            base(disk).toString(), disk.spec().type(), words(disk.spec())))));
            files.add(overlay);
            files.add(base(disk));
        }
        return files;
    }

    /** Options of the format, which its image needs to be opened. */
    private static Map<String, String> words(PartSpec spec) {
        Map<String, String> words = new HashMap<>();
        spec.options().entries().forEach((key, entry) -> {
            if (entry.value() instanceof Node.Scalar scalar) {
                words.put(key, scalar.text());
            }
        });
        return words;
    }

    /** The machine's VM file with a clone's disks. */
    Node.Mapping file(Node.Mapping tree, String clone) {
        if (disks.isEmpty() || !(tree.entries().get("devices").value() instanceof Node.Sequence devices)) {
            return tree;
        }
        List<Node> items = new ArrayList<>(devices.items());
        for (Written disk : disks) {
            if (!disk.added()) {
                int index = index(items, disk.device().id());
                items.set(index, with((Node.Mapping) items.get(index), disk.key(), disk(disk, clone)));
            }
        }
        return with(tree, "devices", new Node.Sequence(devices.at(), items));
    }

    /** The devices that were added to the machine, with a clone's disks. */
    List<Slotted> slots(List<Slotted> added, String clone) {
        return added.stream().map(slot -> slot(slot, clone)).toList();
    }

    private Slotted slot(Slotted slot, String clone) {
        PartSpec spec = slot.spec();
        for (Written disk : disks) {
            if (disk.added() && disk.device().id().equals(spec.id())) {
                spec = spec.with(with(spec.options(), disk.key(), disk(disk, clone)));
            }
        }
        return new Slotted(spec, slot.folder());
    }

    private static int index(List<Node> devices, String id) {
        for (int i = 0; i < devices.size(); i++) {
            if (devices.get(i) instanceof Node.Mapping device
                    && device.entries().get("id").value() instanceof Node.Scalar name
                    && name.text().equals(id)) {
                return i;
            }
        }
        throw new IllegalStateException("no device " + id);
    }

    private Node.Mapping disk(Written disk, String clone) {
        Node.Mapping options = disk.spec().options();
        Node.Mapping below = (Node.Mapping) options.entries().get(ON).value();
        Node.Mapping base = with(
                with(options, TYPE, word(disk.spec().type())),
                ON,
                with(with(below, PATH, word(base(disk).toString())), "readOnly", word("true")));
        return map(
                TYPE,
                word(overlays.orElseThrow().format()),
                ON,
                with(below, PATH, word(overlay(disk, clone).toString())),
                "backing",
                base);
    }

    private static Node.Mapping map(String first, Node one, String second, Node two, String third, Node three) {
        Node.Mapping empty = new Node.Mapping(Mark.NOWHERE, Map.of());
        return with(with(with(empty, first, one), second, two), third, three);
    }

    private static Node.Mapping with(Node.Mapping map, String key, Node value) {
        Map<String, Node.Entry> entries = new LinkedHashMap<>(map.entries());
        entries.put(key, new Node.Entry(Mark.NOWHERE, value));
        return new Node.Mapping(map.at(), entries);
    }

    private static Node word(String text) {
        return new Node.Scalar(Mark.NOWHERE, text, false);
    }

    /** No clones come of it: nothing stays behind, if that can be. */
    void abandon() {
        for (Path each : made) {
            try {
                Files.deleteIfExists(each);
            } catch (IOException e) {
                System.getLogger(CloneDisks.class.getName())
                        .log(System.Logger.Level.WARNING, "{0}: left behind: {1}", each, e.toString());
            }
        }
    }
}
