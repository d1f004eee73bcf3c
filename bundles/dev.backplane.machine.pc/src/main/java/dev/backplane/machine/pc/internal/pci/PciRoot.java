package dev.backplane.machine.pc.internal.pci;

import dev.backplane.api.cpu.Partition;
import dev.backplane.api.device.Interrupt.Trigger;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.pci.PciFunction;
import dev.backplane.api.device.pci.PciPort;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.bus.Behind;
import dev.backplane.machine.pc.internal.bus.ClaimTable;
import dev.backplane.machine.pc.internal.chip.Interrupts;
import dev.backplane.machine.pc.internal.chip.Messages;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The root complex: the host bridge at 00:00.0, devices from 00:01.0 on in the order in which they are attached, root ports with empty
 * slots at the end of bus 0. Accesses come on vCPU threads. A monitor guards configuration space; what devices answer is called
 * without it, and addresses are looked up without it.
 */
public final class PciRoot {
    /** Where mechanism 1's ports begin. */
    public static final int PORT = 0xcf8;

    /** How many ports mechanism 1 has. */
    public static final int PORTS = 8;

    /** The first device number of the root ports. */
    static final int FIRST_ROOT_PORT = 24;

    private static final int SLOTS = 32;
    private static final int DEVICES = FIRST_ROOT_PORT - 1;
    private static final int ROOT_PORTS = SLOTS - FIRST_ROOT_PORT;
    private static final int FIRST_LINE = 16;
    private static final int LINES = 8;

    private static final int ENABLE = 1 << 31;

    private final @Nullable Function[] slots = new @Nullable Function[SLOTS];
    private final Map<String, Endpoint> devices = new HashMap<>();
    private final Map<String, RootPort> plugged = new HashMap<>();
    /** Lines of slots in which a device with a pin has been. */
    private final Map<Integer, Interrupts.Line> slotLines = new HashMap<>();

    private final Interrupts interrupts;
    private final MsixTable.Sink sink;
    private final Consumer<String> resets;
    private final Doorbells doorbells;
    private @Nullable Partition engine;
    private int next = 1;
    private int address;
    private volatile ClaimTable memory = ClaimTable.EMPTY;
    private volatile ClaimTable ports = ClaimTable.EMPTY;

    /**
     * Nothing attached.
     *
     * @param interrupts where pins go
     * @param messages where messages go
     * @param resets told of devices in slots that are reset; called without the root's monitor
     * @param fixed whether something else has a fixed place at an address in memory
     */
    public PciRoot(Interrupts interrupts, Messages messages, Consumer<String> resets, LongPredicate fixed) {
        this.interrupts = interrupts;
        this.resets = resets;
        sink = messages::send;
        doorbells = new Doorbells(fixed);
        slots[0] = new HostBridge();
        for (int port = 0; port < ROOT_PORTS; port++) {
            slots[FIRST_ROOT_PORT + port] = new RootPort(port + 1, sink);
        }
    }

    /** The interrupt line of a device's first pin: each eighth device of bus 0 shares one. */
    public static int line(int device, int pin) {
        return FIRST_LINE + (device + pin) % LINES;
    }

    /**
     * Attaches a device to bus 0.
     *
     * @param name the bay's identifier
     * @param function what the guest sees
     * @param windows who answers its windows
     * @throws ConfigurationException when bus 0 is full, or the function cannot be laid out
     */
    public synchronized void attach(String name, PciFunction function, Map<String, RegisterHandler> windows)
            throws ConfigurationException {
        if (next > DEVICES) {
            throw new ConfigurationException("%s: bus 0 has room for %d devices".formatted(name, DEVICES));
        }
        Endpoint endpoint = endpoint(name, function, ExpressCapability.INTEGRATED_ENDPOINT, windows);
        endpoint.connect(engine);
        if (function.pin()) {
            endpoint.connect(interrupts.line(name, line(next, 0), Trigger.LEVEL));
        }
        slots[next++] = endpoint;
        devices.put(name, endpoint);
    }

    /**
     * Keeps an empty slot for a device.
     *
     * @param name the bay's identifier
     * @param function what the guest is going to see
     * @param windows who answers its windows
     * @throws ConfigurationException when no slot is empty, or the function cannot be laid out
     */
    public synchronized void plug(String name, PciFunction function, Map<String, RegisterHandler> windows)
            throws ConfigurationException {
        for (int slot = FIRST_ROOT_PORT; slot < SLOTS; slot++) {
            if (slots[slot] instanceof RootPort port && port.isFree()) {
                Endpoint endpoint = endpoint(name, function, ExpressCapability.ENDPOINT, windows);
                endpoint.connect(engine);
                put(name, endpoint, slot, port);
                devices.put(name, endpoint);
                return;
            }
        }
        throw new ConfigurationException("%s: no slot is free: the board has %d, taken by %s"
                .formatted(name, ROOT_PORTS, String.join(", ", new TreeSet<>(plugged.keySet()))));
    }

    private void put(String name, Endpoint endpoint, int slot, RootPort port) throws ConfigurationException {
        if (endpoint.hasPin()) {
            // A pin of device 0 is the same one of its bridge (PCI-to-PCI Bridge 1.2, 9.1).
            endpoint.connect(slotLine(slot));
        }
        port.keepFor(endpoint, () -> resets.accept(name));
        plugged.put(name, port);
    }

    private Interrupts.Line slotLine(int slot) throws ConfigurationException {
        Interrupts.Line line = slotLines.get(slot);
        if (line == null) {
            line = interrupts.line("slot " + (slot - FIRST_ROOT_PORT + 1), line(slot, 0), Trigger.LEVEL);
            slotLines.put(slot, line);
        }
        return line;
    }

    private Endpoint endpoint(String name, PciFunction function, int type, Map<String, RegisterHandler> windows)
            throws ConfigurationException {
        try {
            return new Endpoint(function, type, windows, sink);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(name + ": " + e.getMessage());
        }
    }

    /** What happens to a slot. */
    @FunctionalInterface
    private interface Change {
        void on(RootPort port);
    }

    /** Shows a device that was plugged to the guest. */
    public void insert(String name) {
        change(name, RootPort::insert);
    }

    /**
     * Asks the guest to let a device go.
     *
     * @param released run once when it has; must not block
     */
    public void askToRelease(String name, Runnable released) {
        change(name, port -> port.askToRelease(released));
    }

    /** Takes a device out of its slot. */
    public void unplug(String name) {
        Endpoint endpoint;
        synchronized (this) {
            endpoint = devices.get(name);
        }
        if (endpoint != null) {
            endpoint.pin().set(false);
        }
        change(name, port -> {
            port.remove();
            devices.remove(name);
            plugged.remove(name);
        });
        if (endpoint != null) {
            endpoint.release();
        }
    }

    private void change(String name, Change change) {
        RootPort port;
        synchronized (this) {
            port = plugged.get(name);
            if (port == null) {
                throw new IllegalArgumentException(name + ": no such device is in a slot");
            }
            change.on(port);
            decode();
        }
        doorbells.follow();
        port.afterwards();
    }

    /**
     * The interrupts of a device.
     *
     * @param name as given to {@link #attach} or {@link #plug}
     * @return its port
     */
    public synchronized PciPort port(String name) {
        Endpoint endpoint = devices.get(name);
        if (endpoint == null) {
            throw new IllegalArgumentException(name + ": no such device is on the PCI bus");
        }
        return endpoint;
    }

    // Configuration space

    /** Ports 0xcf8 to 0xcff: mechanism 1 (PCI Local Bus 3.0, 3.2.2.3.2), and the reset register that lies in its midst. */
    public RegisterHandler configurationPorts(RegisterHandler resetRegister) {
        return new ConfigurationPorts(this, resetRegister);
    }

    /** The memory-mapped configuration space of all buses (PCI Express 5.0, 7.2.2). */
    public RegisterHandler enhancedConfiguration() {
        return new RegisterHandler() {
            @Override
            public long read(long offset, int size) {
                long low = Integer.toUnsignedLong(readConfiguration((int) offset, Math.min(size, 4)));
                return size < 8 ? low : low | (long) readConfiguration((int) offset + 4, 4) << 32;
            }

            @Override
            public void write(long offset, int size, long value) {
                writeConfiguration((int) offset, Math.min(size, 4), (int) value);
                if (size == 8) {
                    writeConfiguration((int) offset + 4, 4, (int) (value >>> 32));
                }
            }
        };
    }

    synchronized int address() {
        return address;
    }

    synchronized void address(int value) {
        address = value & (ENABLE | 0x00ff_fffc);
    }

    static boolean isEnabled(int value) {
        return (value & ENABLE) != 0;
    }

    /** {@code place}: bus in bits 20 to 27, device from 15, function from 12, register from 0. */
    int readConfiguration(int place, int bytes) {
        int offset = place & 0xfff;
        if (offset % 4 + bytes > 4) {
            return -1;
        }
        RegisterHandler served;
        synchronized (this) {
            Function function = at(place);
            if (function == null) {
                return -1;
            }
            served = served(function, offset, bytes);
            if (served == null) {
                return function.read(offset, bytes);
            }
        }
        return (int) served.read(0, bytes);
    }

    void writeConfiguration(int place, int bytes, int value) {
        int offset = place & 0xfff;
        if (offset % 4 + bytes > 4) {
            return;
        }
        RegisterHandler served;
        Function function;
        synchronized (this) {
            function = at(place);
            if (function == null) {
                return;
            }
            served = served(function, offset, bytes);
            if (served == null && function.write(offset, bytes, value)) {
                decode();
            }
        }
        if (served != null) {
            served.write(0, bytes, Integer.toUnsignedLong(value));
        } else {
            doorbells.follow();
            function.afterwards();
        }
    }

    private static @Nullable RegisterHandler served(Function function, int offset, int bytes) {
        return function instanceof Endpoint endpoint
                ? endpoint.servedAt(offset, bytes).orElse(null)
                : null;
    }

    private @Nullable Function at(int place) {
        int bus = place >>> 20 & 0xff;
        int device = place >>> 15 & 0x1f;
        if ((place >>> 12 & 7) != 0) {
            return null;
        }
        if (bus == 0) {
            return slots[device];
        }
        for (int slot = FIRST_ROOT_PORT; slot < SLOTS && device == 0; slot++) {
            if (slots[slot] instanceof RootPort port && port.secondaryBus() == bus) {
                return port.device();
            }
        }
        return null;
    }

    private void decode() {
        Decoded decoded = new Decoded();
        for (Function function : slots) {
            if (function != null) {
                function.decode(decoded);
            }
        }
        memory = decoded.memoryTable();
        ports = decoded.portTable();
        doorbells.places(decoded.doorbells());
    }

    // Accesses

    /** Who answers in memory where nothing has a fixed place. */
    public Behind memory() {
        return gpa -> memory.at(gpa);
    }

    /** Who answers at ports where nothing has a fixed place. */
    public Behind ports() {
        return port -> ports.at(port);
    }

    /** Back to power-on: no BAR is decoded, no bus has a number. */
    public void reset() {
        List<Function> all = new ArrayList<>();
        synchronized (this) {
            for (Function function : slots) {
                if (function != null) {
                    function.reset();
                    all.add(function);
                }
            }
            address = 0;
            decode();
        }
        doorbells.follow();
        all.forEach(Function::afterwards);
    }

    // The engine

    /** Names the engine, which is asked for doorbells and wires where it has such. One that has only rested keeps them. */
    public void connect(@Nullable Partition next) {
        List<Endpoint> all;
        synchronized (this) {
            if (engine == next) {
                return;
            }
            engine = next;
            all = List.copyOf(devices.values());
        }
        all.forEach(endpoint -> endpoint.connect(next));
        doorbells.connect(next);
    }

    // State

    /** The state of all functions. */
    public synchronized State save() {
        List<DeviceState> saved = new ArrayList<>();
        devices.forEach((name, endpoint) -> saved.add(new DeviceState(name, endpoint.save())));
        saved.sort((one, other) -> one.device.compareTo(other.device));
        List<RootPortState> rootPorts = new ArrayList<>();
        for (int slot = FIRST_ROOT_PORT; slot < SLOTS; slot++) {
            if (slots[slot] instanceof RootPort port) {
                rootPorts.add(new RootPortState(port.save(), nameIn(port), port.isPresent()));
            }
        }
        return new State(address, saved, rootPorts);
    }

    private String nameIn(RootPort port) {
        return plugged.entrySet().stream()
                .filter(entry -> entry.getValue() == port)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse("");
    }

    /**
     * Goes on from a saved state, with the same devices attached in the same order, and the same ones plugged in any: they get back into
     * the slots in which the guest knows them.
     *
     * @throws ConfigurationException when a slot has no interrupt line for a device
     */
    public synchronized void restore(State state) throws ConfigurationException {
        address = state.address;
        arrange(state.rootPorts);
        for (DeviceState saved : state.devices) {
            Endpoint endpoint = devices.get(saved.device);
            if (endpoint != null) {
                endpoint.restore(saved.state);
            }
        }
        for (int port = 0; port < ROOT_PORTS && port < state.rootPorts.size(); port++) {
            if (slots[FIRST_ROOT_PORT + port] instanceof RootPort rootPort) {
                rootPort.restore(state.rootPorts.get(port).config, state.rootPorts.get(port).present);
            }
        }
        decode();
    }

    private void arrange(List<RootPortState> rootPorts) throws ConfigurationException {
        plugged.values().forEach(RootPort::remove);
        plugged.clear();
        for (int port = 0; port < ROOT_PORTS && port < rootPorts.size(); port++) {
            int slot = FIRST_ROOT_PORT + port;
            String name = rootPorts.get(port).device;
            Endpoint endpoint = devices.get(name);
            if (endpoint != null && slots[slot] instanceof RootPort rootPort) {
                put(name, endpoint, slot, rootPort);
            }
        }
    }

    /**
     * The state of one device's function.
     *
     * @param device the bay's identifier
     * @param state its registers
     */
    public record DeviceState(String device, Endpoint.State state) {}

    /**
     * The state of the bus.
     *
     * @param address the configuration address register
     * @param devices the devices', by name
     * @param rootPorts the root ports', in their order
     */
    public record State(int address, List<DeviceState> devices, List<RootPortState> rootPorts) {}

    /**
     * The state of one root port.
     *
     * @param config its configuration space
     * @param device the identifier of the bay in its slot; empty: none
     * @param present whether the guest can know of it
     */
    public record RootPortState(byte[] config, String device, boolean present) {}
}
