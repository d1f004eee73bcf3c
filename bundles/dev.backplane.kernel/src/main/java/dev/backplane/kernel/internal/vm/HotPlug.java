package dev.backplane.kernel.internal.vm;

import dev.backplane.api.machine.HotPlugBoard;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.VmException;
import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.bay.BayState;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.plan.MachineBays.Device;
import dev.backplane.kernel.internal.vm.TypeResolution.MissingType;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Devices that come to a machine while it runs, and leave it. On its control thread. */
final class HotPlug {
    private static final System.Logger LOG = System.getLogger(HotPlug.class.getName());

    /** What bays of the machine's own are called. */
    private static final Set<String> TAKEN = Set.of("cpu", "machine");

    private final Assembly assembly;
    private final Wiring wiring;
    private final Life life;
    private final Runnable changed;
    private final Set<String> leaving = new HashSet<>();

    /** @param changed run when there is another device */
    HotPlug(Assembly assembly, Wiring wiring, Life life, Runnable changed) {
        this.assembly = assembly;
        this.wiring = wiring;
        this.life = life;
        this.changed = changed;
    }

    private String name() {
        return assembly.file().name();
    }

    private HotPlugBoard board() throws VmException {
        if (assembly.group() instanceof VcpuTurns) {
            throw new VmException(name() + " keeps its devices: a machine on virtual time is the same in every run");
        }
        if (assembly.board() instanceof HotPlugBoard board) {
            return board;
        }
        throw new VmException("%s keeps its devices: its board, %s, has no slots"
                .formatted(name(), assembly.file().machine().type()));
    }

    /**
     * Adds a device: its bays are filled and run before the guest sees it.
     *
     * @param folder what relative paths start from
     * @throws VmException when it cannot be made or put in; nothing stays behind
     */
    void add(PartSpec spec, Path folder) throws VmException {
        HotPlugBoard board = board();
        if (TAKEN.contains(spec.id()) || assembly.bays().named(spec.id()).isPresent()) {
            throw new VmException("%s: the identifier of another part of %s".formatted(spec.id(), name()));
        }
        Map<String, Offer> offers = new LinkedHashMap<>();
        try {
            Wiring.Planned planned = wiring.lookUp(name(), spec, folder, offers);
            Device device = Wiring.plug(
                    planned,
                    folder,
                    assembly.surroundings(),
                    fronts -> planned.socket().plugIntoSlot(assembly.surroundings(), board, fronts));
            start(device, board, offers);
        } catch (ConfigurationException | MissingType e) {
            throw new VmException(String.valueOf(e.getMessage()));
        }
        changed.run();
        board.insert(spec.id());
        LOG.log(System.Logger.Level.INFO, "{0}: {1} ({2}) is in a slot", name(), spec.id(), spec.type());
    }

    private void start(Device device, HotPlugBoard board, Map<String, Offer> offers)
            throws ConfigurationException, VmException {
        boolean runs = false;
        try {
            Wiring.fill(device.bays(), offers);
            assembly.bays().add(device);
            life.arrived();
            runs = device.bay().state() == BayState.RUNNING;
            if (!runs) {
                throw new VmException(
                        "%s does not start: %s".formatted(device.bay().id(), firstNote(device.bays())));
            }
        } finally {
            if (!runs) {
                board.unplug(device.bay().id());
                life.leave(device.bays());
                empty(device, "it could not be added");
            }
        }
    }

    private static String firstNote(List<Bay> bays) {
        return bays.stream()
                .filter(bay -> bay.state() != BayState.RUNNING)
                .map(bay -> bay.id() + ": " + bay.note())
                .findFirst()
                .orElse("");
    }

    /**
     * Asks the guest to let a device go.
     *
     * @param released run once when it has, on any thread
     * @throws VmException when there is no such device, or it is not in a slot
     */
    void ask(String id, Runnable released) throws VmException {
        HotPlugBoard board = board();
        Device device = named(id);
        if (!device.socket().isInSlot()) {
            throw new VmException(
                    "%s is no device that can leave %s: it came with the machine, not by \"device add\"; those in slots are: %s"
                            .formatted(id, name(), slotted()));
        }
        if (!leaving.add(id)) {
            throw new VmException("%s is about to leave %s already".formatted(id, name()));
        }
        board.askToRelease(id, released);
    }

    private Device named(String id) throws VmException {
        return assembly.bays()
                .device(id)
                .orElseThrow(() -> new VmException(
                        "%s has no device \"%s\"; those in slots are: %s".formatted(name(), id, slotted())));
    }

    private String slotted() {
        List<String> ids = assembly.bays().devices().stream()
                .filter(device -> device.socket().isInSlot())
                .map(device -> device.bay().id())
                .toList();
        return ids.isEmpty() ? "none" : String.join(", ", ids);
    }

    /** The guest has not let it go in time. */
    void stays(String id) {
        leaving.remove(id);
    }

    /** Takes a device out that the guest has let go. What was written reaches its end. */
    void takeOut(String id) throws VmException {
        leaving.remove(id);
        Device device = named(id);
        board().unplug(id);
        life.leave(device.bays());
        empty(device, "it was removed");
        LOG.log(System.Logger.Level.INFO, "{0}: {1} is out of its slot", name(), id);
    }

    private void empty(Device device, String why) {
        for (Bay bay : device.bays()) {
            bay.discard(why);
            bay.empty();
        }
        assembly.bays().remove(device);
        // Who waits at an access to it tries again, and finds nothing.
        assembly.group().gateOpened();
    }
}
