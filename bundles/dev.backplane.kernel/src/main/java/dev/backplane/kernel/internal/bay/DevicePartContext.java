package dev.backplane.kernel.internal.bay;

import dev.backplane.api.console.Console;
import dev.backplane.api.console.ConsoleRef;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.InterruptLine;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.pci.PciPort;
import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.network.Network;
import dev.backplane.api.network.NetworkRef;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What one generation of a device sees of the world. */
final class DevicePartContext extends BasicContext implements DeviceContext {
    private final Set<String> windows;
    private final Map<String, BayLine> lines;
    private final @Nullable BayPort port;
    private final Fronts below;
    private final Map<String, RegisterHandler> handlers = new ConcurrentHashMap<>();
    /** What it talks through, by bay. */
    private final Map<String, Hold<?>> holds = new ConcurrentHashMap<>();

    private final @Nullable Executor turns;

    DevicePartContext(
            Bay bay,
            long occupant,
            Set<String> windows,
            Map<String, BayLine> lines,
            @Nullable BayPort port,
            Fronts below) {
        super(bay, occupant);
        this.windows = windows;
        this.lines = lines;
        this.port = port;
        this.below = below;
        VirtualTime virtual = bay.surroundings().virtual();
        turns = virtual == null ? null : task -> virtual.execute(id(), () -> run(task));
    }

    @Override
    public void serve(String window, RegisterHandler handler) {
        lifeline.check();
        if (!windows.contains(window)) {
            throw new IllegalArgumentException("no window \"%s\" in the shape: it has %s".formatted(window, windows));
        }
        handlers.put(window, handler);
    }

    /** A window without a handler would park its accesses for ever. */
    void refuseUnserved() throws ConfigurationException {
        for (String window : windows) {
            if (!handlers.containsKey(window)) {
                throw new ConfigurationException(
                        "the plugin serves no handler for the window \"%s\" of its shape: tell its vendor"
                                .formatted(window));
            }
        }
    }

    Map<String, RegisterHandler> handlers() {
        return new HashMap<>(handlers);
    }

    @Override
    public InterruptLine interrupt(String name) {
        lifeline.check();
        return new BayLine.Held(bay, lifeline, named(lines, name, "interrupt"));
    }

    @Override
    public PciPort pci() {
        lifeline.check();
        BayPort here = port;
        if (here == null) {
            throw new IllegalArgumentException("the shape has no PCI function");
        }
        return new BayPort.Held(bay, lifeline, here);
    }

    private static <T> T named(Map<String, T> map, String name, String what) {
        T value = map.get(name);
        if (value == null) {
            throw new IllegalArgumentException(
                    "no %s \"%s\": there is %s".formatted(what, name, map.isEmpty() ? "none" : map.keySet()));
        }
        return value;
    }

    /** On virtual time a device's tasks are part of the order of things. */
    @Override
    public Executor executor() {
        if (turns == null) {
            return super.executor();
        }
        lifeline.check();
        return turns;
    }

    private void run(Runnable task) {
        if (lifeline.isCut()) {
            return;
        }
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            if (!lifeline.isCut()) {
                threw(e);
            }
        }
    }

    @Override
    public GuestMemory memory() {
        lifeline.check();
        return memory;
    }

    @Override
    public GuestClock clock() {
        lifeline.check();
        return clock;
    }

    @Override
    public GuestTimer timer(Runnable handler) {
        return timers.timer(handler);
    }

    @Override
    public Console console(ConsoleRef reference) {
        lifeline.check();
        return held(reference.bay(), PartConsole.class, () -> new PartConsole(this, below.console(reference)));
    }

    @Override
    public ResizableStorage storage(StorageRef reference) {
        lifeline.check();
        return new HeldStorage(below.storage(reference), lifeline);
    }

    @Override
    public Network network(NetworkRef reference) {
        lifeline.check();
        return held(reference.bay(), PartNetwork.class, () -> new PartNetwork(this, below.network(reference)));
    }

    private <H extends Hold<?>> H held(String id, Class<H> type, Supplier<H> maker) {
        return type.cast(holds.computeIfAbsent(id, any -> maker.get()));
    }

    /** The bay runs again: whoever listens may have missed something. */
    void listenAgain() {
        holds.values().forEach(Hold::again);
    }

    @Override
    public void requestReset(String reason) {
        requests().ifPresent(machine -> machine.reset(id() + ": " + reason));
    }

    @Override
    public void endMachine(int status, String reason) {
        requests().ifPresent(machine -> machine.end(status & 0xff, id() + ": " + reason));
    }

    @Override
    void cut() {
        super.cut();
        holds.values().forEach(Hold::cut);
        holds.clear();
        handlers.clear();
    }
}
