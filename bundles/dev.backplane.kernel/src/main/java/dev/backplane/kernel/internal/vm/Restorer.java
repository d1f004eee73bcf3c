package dev.backplane.kernel.internal.vm;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Resumption.Cause;
import dev.backplane.api.state.StateException;
import dev.backplane.api.vm.RestoreOptions;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmSource;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.file.GuestVisible;
import dev.backplane.kernel.internal.file.NodeText;
import dev.backplane.kernel.internal.file.VmFile;
import dev.backplane.kernel.internal.file.VmFileReader;
import dev.backplane.kernel.internal.memory.FrozenRam;
import dev.backplane.kernel.internal.snapshot.Manifest;
import dev.backplane.kernel.internal.snapshot.Snapshot;
import dev.backplane.kernel.internal.vm.Restoration.Past;
import dev.backplane.kernel.internal.vm.Restoration.Slotted;
import dev.backplane.kernel.internal.vm.TypeResolution.MissingType;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Reads snapshots, and looks whether machines can go on from them. */
final class Restorer {
    private final Catalogue catalogue;
    private final CpuChoice cpus;
    private final Wiring wiring;
    private final RestoredMemory.Pool memories = new RestoredMemory.Pool();

    Restorer(Catalogue catalogue, CpuChoice cpus, Wiring wiring) {
        this.catalogue = catalogue;
        this.cpus = cpus;
        this.wiring = wiring;
    }

    /**
     * A machine that can go on.
     *
     * @param file its VM file
     * @param origin where it goes on from
     * @param news tells of what is known later
     */
    record Ready(VmFile file, Restoration origin, Relay news) {}

    /** Passes on what is found when the machine is there to hear of it. */
    static final class Relay implements RestoredMemory.User {
        private volatile @Nullable Machine machine;

        void to(Machine restored) {
            machine = restored;
        }

        @Override
        public void damaged(String what) {
            Machine here = machine;
            if (here != null) {
                here.damaged(what);
            }
        }

        @Override
        public void unreadable(String what) {
            Machine here = machine;
            if (here != null) {
                here.unreadable(what);
            }
        }

        @Override
        public void read(FrozenRam memory) {
            Machine here = machine;
            if (here != null) {
                here.moveTo(memory);
            }
        }
    }

    /**
     * Reads a snapshot.
     *
     * @throws VmException when nothing can go on from it: names what is wrong
     */
    Ready read(Path folder, RestoreOptions options) throws VmException {
        Path from = folder.toAbsolutePath().normalize();
        try {
            Snapshot snapshot = Snapshot.open(from);
            Map<Path, Path> moved = options.disks().isPresent()
                    ? snapshot.copyDisks(options.disks().get().toAbsolutePath().normalize())
                    : Map.of();
            List<String> changed = snapshot.changedDisks(moved.keySet());
            if (!changed.isEmpty()) {
                throw new VmException(String.join("\n", changed));
            }
            VmFile file = file(snapshot, options, moved);
            Relay relay = new Relay();
            Restoration restoration = new Restoration(
                    past(snapshot),
                    slots(snapshot.manifest().slots(), moved),
                    memories.of(snapshot, moved.keySet(), relay),
                    Cause.SNAPSHOT);
            restoration.check(file.name(), wiring, wiring.lookUp(file));
            return new Ready(file, restoration, relay);
        } catch (StateException | ConfigurationException | MissingType | IOException e) {
            throw new VmException("%s: nothing goes on from this snapshot: %s"
                    .formatted(folder, e instanceof IOException ? e.toString() : e.getMessage()));
        }
    }

    private static Past past(Snapshot snapshot) {
        Manifest manifest = snapshot.manifest();
        return new Past(
                manifest.memory().bytes(),
                manifest.takenMillis(),
                manifest.parts(),
                manifest.changes(),
                snapshot.state());
    }

    private VmFile file(Snapshot snapshot, RestoreOptions options, Map<Path, Path> moved)
            throws ConfigurationException, StateException {
        Manifest manifest = snapshot.manifest();
        Path folder = Path.of(manifest.folder());
        VmFile before = VmFileReader.read(new VmSource("", manifest.vmFile(), folder, Map.of()));
        String text = NodeText.file(NodeText.changed(before.tree(), instead(folder, moved)));
        Map<String, String> overrides = new LinkedHashMap<>(options.overrides());
        options.name().ifPresent(name -> overrides.put("name", name));
        if (!overrides.containsKey("cpu")
                && !overrides.containsKey("cpu.type")
                && before.cpu().type().equals(VmFileReader.AUTO)
                && works(manifest.cpuType())) {
            overrides.put("cpu.type", manifest.cpuType());
        }
        VmFile now = VmFileReader.read(new VmSource("", text, folder, overrides));
        refuseChange(VmFileReader.read(new VmSource("", text, folder, Map.of())), now);
        return now;
    }

    /** Whether a CPU backend is there and runs on this host. */
    private boolean works(String type) {
        return catalogue
                .choose(Kind.CPU, type, Optional.empty())
                .filter(offer -> cpus.probe(offer).usable())
                .isPresent();
    }

    private static UnaryOperator<String> instead(Path folder, Map<Path, Path> moved) {
        return word -> moved.entrySet().stream()
                .filter(each -> isPath(folder, word, each.getKey()))
                .map(each -> each.getValue().toString())
                .findFirst()
                .orElse(word);
    }

    private static boolean isPath(Path folder, String word, Path file) {
        try {
            return !word.isEmpty() && folder.resolve(word).normalize().equals(file.normalize());
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /** What the guest sees has to stay: it goes on in the midst of it. */
    static void refuseChange(VmFile before, VmFile now) throws StateException {
        Map<String, String> was = GuestVisible.lasting(before.tree());
        Map<String, String> is = GuestVisible.lasting(now.tree());
        Set<String> changed = new TreeSet<>(was.keySet());
        changed.addAll(is.keySet());
        changed.removeIf(key -> Objects.equals(was.get(key), is.get(key)));
        if (!before.cpuModel().equals(now.cpuModel())) {
            changed.add("cpu.model");
        }
        if (!changed.isEmpty()) {
            throw new StateException(
                    "%s: the guest sees it, and has to find what it had".formatted(String.join(", ", changed)));
        }
    }

    /** Devices that had been added, with other disks perhaps. */
    static List<Slotted> slots(List<Manifest.Slot> noted, Map<Path, Path> moved) throws ConfigurationException {
        List<Slotted> slots = new ArrayList<>();
        for (Manifest.Slot slot : noted) {
            Path folder = Path.of(slot.folder());
            var spec = VmFileReader.device(new VmSource("", slot.device(), folder, Map.of()));
            slots.add(new Slotted(spec.with(NodeText.changed(spec.options(), instead(folder, moved))), folder));
        }
        return slots;
    }
}
