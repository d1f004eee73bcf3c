package dev.backplane.testkit;

import dev.backplane.api.console.Console;
import dev.backplane.api.console.ConsoleListener;
import dev.backplane.api.console.ConsoleRef;
import dev.backplane.api.console.TerminalSize;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.Interrupt;
import dev.backplane.api.device.InterruptLine;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.pci.PciPort;
import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.network.Frame;
import dev.backplane.api.network.Network;
import dev.backplane.api.network.NetworkListener;
import dev.backplane.api.network.NetworkRef;
import dev.backplane.api.network.Offload;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A device's context. Made for one generation over lines and a machine that outlive it. In a rehearsal nothing is
 * connected: lines and consoles are others, and what the device asks of the machine is an error.
 */
final class TestDeviceContext extends TestPartContext implements DeviceContext {
    private final Shape shape;
    private final Map<String, RecordedLine> lines;
    private final RecordedPort port;
    private final Map<String, RegisterHandler> handlers = new HashMap<>();
    private final Map<RecordedConsole, ConsoleListener> listeners = new HashMap<>();
    private final Map<RecordedNetwork, NetworkListener> networkListeners = new HashMap<>();
    private final List<GuestTimer> timers = new ArrayList<>();
    private boolean open;

    TestDeviceContext(
            String id,
            Shape shape,
            TestMachine machine,
            Map<String, RecordedLine> lines,
            RecordedPort port,
            HostResources resources) {
        super(id, machine, resources);
        this.shape = shape;
        this.lines = lines;
        this.port = port;
    }

    @Override
    public void serve(String window, RegisterHandler handler) {
        check();
        if (!shape.served().containsKey(window)) {
            throw new IllegalArgumentException(
                    "window " + window + ": the shape has " + shape.served().keySet());
        }
        if (handlers.putIfAbsent(window, handler) != null) {
            throw new IllegalStateException("window " + window + " is served already");
        }
    }

    @Override
    public InterruptLine interrupt(String name) {
        check();
        if (shape.interrupts().stream().map(Interrupt::name).noneMatch(name::equals)) {
            throw new IllegalArgumentException("line " + name + ": the shape has " + shape.interrupts());
        }
        RecordedLine line = lines.computeIfAbsent(name, any -> new RecordedLine());
        return up -> {
            checkOpen("an interrupt line was set");
            line.set(up);
        };
    }

    @Override
    public PciPort pci() {
        check();
        if (shape.pci().isEmpty()) {
            throw new IllegalArgumentException("the shape has no PCI function");
        }
        InterruptLine pin = up -> {
            checkOpen("the interrupt pin was set");
            port.pin().set(up);
        };
        return new PciPort() {
            @Override
            public boolean messagesEnabled() {
                check();
                return port.messagesEnabled();
            }

            @Override
            public void message(int vector) {
                checkOpen("an interrupt was signalled");
                port.message(vector);
            }

            @Override
            public InterruptLine pin() {
                return pin;
            }
        };
    }

    @Override
    public GuestMemory memory() {
        return machine().memory();
    }

    @Override
    public GuestClock clock() {
        return machine().clock();
    }

    @Override
    public GuestTimer timer(Runnable handler) {
        GuestTimer timer = machine().clock().timer(() -> {
            // The bay holds back what expires while it is closed; no contract test lets time pass meanwhile.
            check();
            handler.run();
        });
        timers.add(timer);
        return timer;
    }

    @Override
    public Console console(ConsoleRef reference) {
        RecordedConsole console = machine().console(reference);
        return new Console() {
            @Override
            public boolean write(byte value) {
                checkOpen("a console was written");
                return console.write(value);
            }

            @Override
            public int read() {
                checkOpen("a console was read");
                return console.read();
            }

            @Override
            public TerminalSize size() {
                check();
                return console.size();
            }

            @Override
            public void listen(ConsoleListener listener) {
                check();
                listeners.put(console, listener);
                connectListeners();
            }
        };
    }

    /** Open also while the device comes to rest, as a disk below it is. */
    @Override
    public ResizableStorage storage(StorageRef reference) {
        check();
        return machine().below(reference);
    }

    @Override
    public Network network(NetworkRef reference) {
        RecordedNetwork network = machine().network(reference);
        return new Network() {
            @Override
            public boolean send(Frame frame) {
                checkOpen("a frame was sent");
                return network.send(frame);
            }

            @Override
            public boolean receive(Frame frame) {
                checkOpen("a frame was received");
                return network.receive(frame);
            }

            @Override
            public Set<Offload> offloads() {
                return network.offloads();
            }

            @Override
            public boolean isUp() {
                return network.isUp();
            }

            @Override
            public int mtuBytes() {
                return network.mtuBytes();
            }

            @Override
            public void listen(NetworkListener listener) {
                check();
                networkListeners.put(network, listener);
                connectListeners();
            }
        };
    }

    @Override
    public void requestReset(String reason) {
        checkOpen("a reset was requested");
        machine().reset(reason);
    }

    @Override
    public void endMachine(int status, String reason) {
        checkOpen("the machine was ended");
        machine().end(status);
    }

    /** Opens or closes the gate. While it is closed, what the device does outwardly is an error. */
    void setOpen(boolean open) {
        this.open = open;
        connectListeners();
    }

    @Nullable
    RegisterHandler handler(String window) {
        return handlers.get(window);
    }

    @Override
    synchronized void revoke() {
        super.revoke();
        timers.forEach(GuestTimer::close);
        timers.clear();
        handlers.clear();
        listeners.clear();
        networkListeners.clear();
    }

    /** A console calls the generation that runs: of two side by side, the other one stays silent. */
    private void connectListeners() {
        if (open) {
            listeners.forEach(RecordedConsole::listen);
            networkListeners.forEach(RecordedNetwork::listen);
        }
    }

    private void checkOpen(String what) {
        check();
        if (!open) {
            throw new IllegalStateException(id() + ": " + what + " while the device is quiesced");
        }
    }
}
