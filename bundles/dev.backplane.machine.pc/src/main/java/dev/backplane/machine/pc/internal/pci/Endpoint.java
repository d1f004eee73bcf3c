package dev.backplane.machine.pc.internal.pci;

import dev.backplane.api.cpu.Doorbell;
import dev.backplane.api.cpu.Partition;
import dev.backplane.api.device.DoorbellHandler;
import dev.backplane.api.device.InterruptLine;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.pci.PciBar;
import dev.backplane.api.device.pci.PciCapability;
import dev.backplane.api.device.pci.PciDoorbell;
import dev.backplane.api.device.pci.PciFunction;
import dev.backplane.api.device.pci.PciPort;
import dev.backplane.machine.pc.internal.chip.Interrupts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The function of a device plugin, as its shape describes it. */
final class Endpoint extends Function implements PciPort {
    private static final int MSIX_CONTROL = 2;
    private static final int MSIX_TABLE = 4;
    private static final int MSIX_PENDING = 8;
    private static final int MSIX_BYTES = 12;
    private static final int MSIX_FUNCTION_MASK = 14;
    private static final int MSIX_ENABLE = 15;

    private static final int BAR_PORTS = 1;
    private static final int BAR_WIDE = 4;
    private static final int BAR_PREFETCHABLE = 8;

    private final List<Bar> bars = new ArrayList<>();
    private final List<Served> served = new ArrayList<>();
    private final @Nullable MsixTable messages;
    private final int messageCapability;
    /** What the device drives, and what it is connected to. */
    private boolean raised;

    private Interrupts.@Nullable Line line;
    private boolean driven;

    /** A base address register, who answers there, and what rings its doorbells. */
    private record Bar(
            int offset, long bytes, boolean ports, boolean wide, RegisterHandler handler, List<Ring> rings) {}

    /** A doorbell in a BAR. */
    private record Ring(PciDoorbell doorbell, Runnable ring) {}

    /** A capability's body that the device answers. */
    private record Served(int offset, int bytes, RegisterHandler handler) {}

    /**
     * A function.
     *
     * @param function what the guest sees
     * @param type what kind of PCI Express function it is, of {@link ExpressCapability}
     * @param handlers who answers its windows
     * @param sink where its messages go
     */
    Endpoint(PciFunction function, int type, Map<String, RegisterHandler> handlers, MsixTable.Sink sink) {
        super(function.vendorId(), function.deviceId(), function.classCode(), function.revisionId());
        config.put(Config.SUBSYSTEM_VENDOR_ID, 2, function.subsystemVendorId())
                .put(Config.SUBSYSTEM_ID, 2, function.subsystemId());
        if (function.pin()) {
            config.put(Config.INTERRUPT_PIN, 1, 1);
        }
        for (PciBar bar : function.bars()) {
            RegisterHandler handler = handler(handlers, bar.window());
            add(bar, handler, rings(function, bar, handler));
        }
        capability(Config.CAPABILITY_EXPRESS, ExpressCapability.body(type, 0, 0));
        if (function.messages() > 0) {
            MsixTable table = new MsixTable(function.messages(), sink);
            messages = table;
            messageCapability = addMessages(function, table);
        } else {
            messages = null;
            messageCapability = 0;
        }
        for (PciCapability capability : function.capabilities()) {
            add(capability, capability.window().map(name -> handler(handlers, name)));
        }
        config.complete();
    }

    private static RegisterHandler handler(Map<String, RegisterHandler> handlers, String window) {
        RegisterHandler handler = handlers.get(window);
        if (handler == null) {
            throw new IllegalArgumentException("window " + window + " has no handler");
        }
        return handler;
    }

    /** Where the window cannot be rung, doorbells are writes as any other. */
    private static List<Ring> rings(PciFunction function, PciBar bar, RegisterHandler handler) {
        if (!(handler instanceof DoorbellHandler able)) {
            return List.of();
        }
        return function.doorbells().stream()
                .filter(each -> each.window().equals(bar.window()))
                .map(each -> new Ring(
                        each,
                        able.doorbell(
                                each.offset(), each.seenBytes(), each.value().orElse(0))))
                .toList();
    }

    private void add(PciBar bar, RegisterHandler handler, List<Ring> rings) {
        boolean ports = bar.kind() == PciBar.Kind.PORTS;
        int flags = ports
                ? BAR_PORTS
                : (bar.isWide() ? BAR_WIDE : 0) | (bar.kind() == PciBar.Kind.PREFETCHABLE_64 ? BAR_PREFETCHABLE : 0);
        addBar(bar.index(), bar.bytes(), flags, handler, rings);
    }

    private void addBar(int index, long bytes, int flags, RegisterHandler handler, List<Ring> rings) {
        int offset = Config.BAR + 4 * index;
        boolean wide = (flags & BAR_WIDE) != 0;
        config.put(offset, 4, flags).allow(offset, wide ? 8 : 4, -bytes);
        bars.add(new Bar(offset, bytes, (flags & BAR_PORTS) != 0, wide, handler, rings));
    }

    private int addMessages(PciFunction function, MsixTable table) {
        int bar = function.freeBar().orElseThrow();
        addBar(bar, table.bytes(), 0, table, List.of());
        byte[] body = new byte[MSIX_BYTES - 2];
        int at = capability(Config.CAPABILITY_MSIX, body);
        config.put(at + MSIX_CONTROL, 2, function.messages() - 1)
                .allow(at + MSIX_CONTROL, 2, 1 << MSIX_ENABLE | 1 << MSIX_FUNCTION_MASK)
                .put(at + MSIX_TABLE, 4, bar)
                .put(at + MSIX_PENDING, 4, table.pendingOffset() | bar);
        return at;
    }

    private void add(PciCapability capability, Optional<RegisterHandler> handler) {
        byte[] body = capability.body();
        int at = capability(capability.id(), body) + 2;
        handler.ifPresent(found -> served.add(new Served(at, body.length, found)));
    }

    /** Who answers an access to configuration space in the root's place, outside of its monitor. */
    Optional<RegisterHandler> servedAt(int offset, int bytes) {
        for (Served one : served) {
            if (offset >= one.offset && offset + bytes <= one.offset + one.bytes) {
                return Optional.of(new Shifted(one.handler, offset - one.offset));
            }
        }
        return Optional.empty();
    }

    private record Shifted(RegisterHandler handler, int by) implements RegisterHandler {
        @Override
        public long read(long offset, int size) {
            return handler.read(offset + by, size);
        }

        @Override
        public void write(long offset, int size, long value) {
            handler.write(offset + by, size, value);
        }
    }

    @Override
    int read(int offset, int bytes) {
        config.set(Config.STATUS, Config.STATUS_INTERRUPT, raised);
        return super.read(offset, bytes);
    }

    @Override
    boolean write(int offset, int bytes, int value) {
        boolean decodes = super.write(offset, bytes, value);
        follow();
        return decodes;
    }

    /** What follows from the registers. */
    private void follow() {
        MsixTable table = messages;
        if (table != null) {
            int control = messageCapability + MSIX_CONTROL;
            table.control(
                    config.isSet(control, MSIX_ENABLE),
                    config.isSet(control, MSIX_FUNCTION_MASK),
                    config.isSet(Config.COMMAND, Config.COMMAND_MASTER));
        }
    }

    @Override
    void decode(Decoded decoded) {
        boolean memory = config.isSet(Config.COMMAND, Config.COMMAND_MEMORY);
        boolean ports = config.isSet(Config.COMMAND, Config.COMMAND_PORTS);
        for (Bar bar : bars) {
            long low = Integer.toUnsignedLong(config.get(bar.offset, 4));
            long base = (bar.wide ? low | (long) config.get(bar.offset + 4, 4) << 32 : low) & -bar.bytes;
            if (bar.ports && ports) {
                decoded.ports(base & 0xffff, bar.bytes, bar.handler);
            } else if (!bar.ports && memory && base >= 0 && decoded.memory(base, bar.bytes, bar.handler)) {
                for (Ring ring : bar.rings) {
                    PciDoorbell doorbell = ring.doorbell;
                    decoded.doorbell(
                            new Doorbell(base + doorbell.offset(), doorbell.bytes(), doorbell.value()), ring.ring);
                }
            }
        }
    }

    @Override
    void afterwards() {
        MsixTable table = messages;
        if (table != null) {
            table.flush();
        }
        drive();
    }

    @Override
    void reset() {
        super.reset();
        if (messages != null) {
            messages.reset();
        }
        follow();
    }

    boolean hasPin() {
        return config.get(Config.INTERRUPT_PIN, 1) != 0;
    }

    @Override
    void connect(Interrupts.Line to) {
        line = to;
    }

    /** Names the engine that takes its messages. The root's monitor is not held, unless nothing is enabled yet. */
    void connect(@Nullable Partition engine) {
        if (messages != null) {
            messages.connect(engine);
        }
    }

    /** It leaves the machine. */
    void release() {
        if (messages != null) {
            messages.release();
        }
    }

    // What the device sees.

    @Override
    public boolean messagesEnabled() {
        return messages != null && messages.isEnabled();
    }

    @Override
    public void message(int vector) {
        if (messages != null) {
            messages.signal(vector);
        }
    }

    @Override
    public InterruptLine pin() {
        return this::raise;
    }

    private void raise(boolean up) {
        synchronized (this) {
            raised = up;
        }
        drive();
    }

    /** The pin is silent while messages are enabled, and while the guest has disabled it. */
    private synchronized void drive() {
        boolean up = raised
                && !messagesEnabled()
                && !config.isSet(Config.COMMAND, Config.COMMAND_INTERRUPT_DISABLE)
                && hasPin();
        Interrupts.Line to = line;
        if (to != null && up != driven) {
            driven = up;
            to.set(up);
        }
    }

    // State.

    State save() {
        return new State(
                config.save(),
                messages == null ? new MsixTable.State(new long[0], new byte[0]) : messages.save(),
                raised);
    }

    /** Goes on from a saved state. The interrupt controllers have theirs already. */
    void restore(State state) {
        config.restore(state.config);
        if (messages != null) {
            messages.restore(state.messages);
        }
        follow();
        synchronized (this) {
            raised = state.raised;
            driven = raised && !messagesEnabled() && !config.isSet(Config.COMMAND, Config.COMMAND_INTERRUPT_DISABLE);
        }
    }

    /**
     * Its state.
     *
     * @param config configuration space
     * @param messages its MSI-X vectors
     * @param raised whether the device asserts the pin
     */
    public record State(byte[] config, MsixTable.State messages, boolean raised) {}
}
