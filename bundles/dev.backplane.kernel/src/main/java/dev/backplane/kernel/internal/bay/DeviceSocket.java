package dev.backplane.kernel.internal.bay;

import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.Interrupt;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.Window;
import dev.backplane.api.machine.Board;
import dev.backplane.api.machine.HotPlugBoard;
import dev.backplane.api.machine.PciBoard;
import dev.backplane.api.memory.RamRange;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Part;
import dev.backplane.api.state.StateException;
import dev.backplane.api.vm.AccessTap;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.Scope;
import dev.backplane.kernel.internal.state.EncodedState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A device's bay: its windows and lines as the guest sees them, plugged into the board once. */
public final class DeviceSocket implements Socket {
    private final PartSpec spec;
    private final Path folder;
    private final Shape shape;
    private final List<String> nested;
    private final Map<String, Gate> gates = new LinkedHashMap<>();
    private final Map<String, BayLine> lines = new LinkedHashMap<>();
    private Fronts below = new Fronts();
    private @Nullable BayPort port;
    private boolean inSlot;
    private @Nullable Bay bay;

    private DeviceSocket(PartSpec spec, Path folder, Shape shape, List<String> nested) {
        this.spec = spec;
        this.folder = folder;
        this.shape = shape;
        this.nested = nested;
    }

    /**
     * What a device needs beside itself.
     *
     * @param socket the device's socket
     * @param nested the parts that its options refer to
     */
    public record Planned(DeviceSocket socket, List<PartSpec> nested) {}

    /** A device whose options have been bound, without anything of its own yet. */
    private record Bound(Record options, Shape shape, List<PartSpec> nested) {}

    /**
     * Plans a device: binds its options and asks for its shape. Calls the plugin.
     *
     * @param spec what the VM file says
     * @param folder what relative paths start from
     * @param offer the plugin's
     * @return its socket and the parts it needs
     * @throws ConfigurationException when the options cannot work
     */
    public static Planned plan(PartSpec spec, Path folder, Offer offer) throws ConfigurationException {
        Bound bound = bound(spec, folder, offer);
        List<String> ids = bound.nested().stream().map(PartSpec::id).toList();
        return new Planned(new DeviceSocket(spec, folder, bound.shape(), ids), bound.nested());
    }

    private static Bound bound(PartSpec spec, Path folder, Offer offer) throws ConfigurationException {
        try {
            return tryBind(spec, folder, offer);
        } catch (RuntimeException | LinkageError e) {
            throw new ConfigurationException("%s%s: %s failed: %s"
                    .formatted(spec.typeAt().prefix(), spec.path(), offer.plugin(), Rendered.line(e)));
        }
    }

    @SuppressWarnings("unchecked")
    private static Bound tryBind(PartSpec spec, Path folder, Offer offer) throws ConfigurationException {
        Scope scope = new Scope(folder, spec.id());
        Record options = offer.binder().bind(offer.options(), spec.options(), spec.path(), scope);
        DeviceFactory<Record, Record> factory = offer.factory(DeviceFactory.class);
        try {
            return new Bound(options, factory.shape(options), scope.nested());
        } catch (ConfigurationException e) {
            throw new ConfigurationException(
                    "%s%s: %s".formatted(spec.options().at().prefix(), spec.path(), e.getMessage()));
        }
    }

    /**
     * The memory that the device brings along.
     *
     * @return its ranges
     */
    public List<RamRange> ram() {
        return shape.ram();
    }

    /**
     * Makes the bay and plugs it into the board.
     *
     * @param surroundings what the machine's bays share
     * @param board the board
     * @param fronts what it stands on
     * @return the bay, vacant
     * @throws ConfigurationException when a window or a line is taken
     */
    public Bay plug(Surroundings surroundings, Board board, Fronts fronts) throws ConfigurationException {
        Bay made = bay(surroundings, fronts);
        if (shape.pci().isPresent() && !(board instanceof PciBoard)) {
            throw new ConfigurationException(
                    "%s: the machine's board has no PCI bus, which this device needs".formatted(spec.id()));
        }
        board.attach(spec.id(), shape, Map.<String, RegisterHandler>copyOf(gates));
        if (shape.pci().isPresent() && board instanceof PciBoard pciBoard) {
            port = new BayPort(pciBoard.port(spec.id()));
        }
        for (Interrupt interrupt : shape.interrupts()) {
            lines.put(interrupt.name(), new BayLine(board.line(spec.id(), interrupt)));
        }
        return made;
    }

    /**
     * Makes the bay and plugs it into an empty slot of the board, for a machine that runs.
     *
     * @param surroundings what the machine's bays share
     * @param board the board
     * @param fronts what it stands on
     * @return the bay, vacant
     * @throws ConfigurationException when it does not fit a slot, or none is empty
     */
    public Bay plugIntoSlot(Surroundings surroundings, HotPlugBoard board, Fronts fronts)
            throws ConfigurationException {
        if (!shape.ram().isEmpty()) {
            throw new ConfigurationException(
                    spec.id() + ": a device with memory of its own cannot come later: it belongs into the VM file");
        }
        Bay made = bay(surroundings, fronts);
        board.plug(spec.id(), shape, Map.<String, RegisterHandler>copyOf(gates));
        port = new BayPort(board.port(spec.id()));
        inSlot = true;
        return made;
    }

    private Bay bay(Surroundings surroundings, Fronts fronts) {
        Bay made = new Bay(spec, surroundings, this);
        bay = made;
        for (Window window : shape.windows()) {
            gates.put(window.name(), new Gate(window, this::handlerThrew));
        }
        below = fronts;
        shape.pci().ifPresent(function -> function.windows().forEach(this::addMovingGate));
        return made;
    }

    /**
     * Whether it can be taken out.
     *
     * @return true for one that was plugged into a slot
     */
    public boolean isInSlot() {
        return inSlot;
    }

    /** Where such a window is, the guest decides: accesses are told from its begin. */
    private void addMovingGate(String name, long bytes) {
        gates.put(name, new Gate(new Window(name, Window.Space.MEMORY, 0, bytes), this::handlerThrew));
    }

    private void handlerThrew(Window window, long offset, RegisterHandler handler, Throwable thrown) {
        Bay here = bay;
        Gate gate = gates.get(window.name());
        if (here != null && gate != null && gate.leadsTo(handler)) {
            String what = window.space() == Window.Space.PORT ? "port" : "address";
            if (!shape.windows().contains(window)) {
                what = window.name() + " at";
            }
            here.report(
                    here.occupantNumber(),
                    "an access to %s 0x%x threw %s".formatted(what, window.base() + offset, Rendered.line(thrown)));
        }
    }

    /**
     * The device in the VM file.
     *
     * @return what the file says
     */
    public PartSpec spec() {
        return spec;
    }

    /**
     * What relative paths in its options start from.
     *
     * @return a folder
     */
    public Path folder() {
        return folder;
    }

    /**
     * Whether an address belongs to the device.
     *
     * @param space where
     * @param address the port or the guest-physical address
     * @return whether a window holds it
     */
    public boolean owns(Window.Space space, long address) {
        return shape.windows().stream()
                .anyMatch(window -> window.space() == space
                        && address >= window.base()
                        && address - window.base() < window.length());
    }

    /**
     * Listens to accesses.
     *
     * @param tap told of each, or null for nobody
     */
    public void tap(@Nullable AccessTap tap) {
        gates.values().forEach(gate -> gate.tap(tap));
    }

    @Override
    public BasicContext context(Bay here, long occupant) {
        return new DevicePartContext(here, occupant, gates.keySet(), lines, port, below);
    }

    @Override
    public Record bind(PartSpec asked, Offer offer) throws ConfigurationException {
        return bound(asked, folder, offer).options();
    }

    @Override
    @SuppressWarnings("unchecked")
    public Part<?> make(Record options, Offer offer, BasicContext context, @Nullable EncodedState state)
            throws ConfigurationException, StateException {
        DeviceFactory<Record, Record> factory = offer.factory(DeviceFactory.class);
        DevicePartContext device = (DevicePartContext) context;
        Part<?> made = state == null
                ? factory.create(options, device)
                : factory.restore(options, device, offer.codec().decode(state));
        device.refuseUnserved();
        return made;
    }

    @Override
    public Record check(PartSpec asked, Offer offer) throws ConfigurationException {
        Bound bound = bound(asked, folder, offer);
        if (!bound.shape().equals(shape)) {
            throw new ConfigurationException(
                    "%s shows the guest another shape than the device that was there (%s); start the machine anew to use it"
                            .formatted(offer.plugin(), ShapeDifference.of(shape, bound.shape())));
        }
        if (!bound.nested().stream().map(PartSpec::id).toList().equals(nested)) {
            throw new ConfigurationException(
                    "%s refers to other consoles, disks or networks than the device that was there"
                            .formatted(offer.plugin()));
        }
        return bound.options();
    }

    @Override
    public void open(Part<?> part, BasicContext context) {
        Map<String, RegisterHandler> handlers = ((DevicePartContext) context).handlers();
        gates.forEach((name, gate) -> {
            RegisterHandler handler = handlers.get(name);
            if (handler != null) {
                gate.open(handler, context.gate);
            }
        });
        ((DevicePartContext) context).listenAgain();
    }

    @Override
    public void close() {
        gates.values().forEach(Gate::close);
    }

    @Override
    public List<RungBell> rung() {
        List<RungBell> rung = new ArrayList<>();
        gates.values().forEach(gate -> gate.addRung(rung));
        return rung;
    }

    @Override
    public void ring(List<RungBell> bells) {
        for (RungBell bell : bells) {
            Gate gate = gates.get(bell.window());
            if (gate != null) {
                gate.ring(bell);
            }
        }
    }

    @Override
    public void restart() {
        gates.values().forEach(Gate::forgetBells);
    }

    @Override
    public void clear() {
        restart();
        lines.values().forEach(line -> line.set(false));
        BayPort here = port;
        if (here != null) {
            here.clear();
        }
    }
}
