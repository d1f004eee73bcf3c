package dev.backplane.kernel.internal.fake;

import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.device.Interrupt;
import dev.backplane.api.device.InterruptLine;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.Window;
import dev.backplane.api.device.pci.PciPort;
import dev.backplane.api.machine.Board;
import dev.backplane.api.machine.BootSource;
import dev.backplane.api.machine.HotPlugBoard;
import dev.backplane.api.machine.MachineContext;
import dev.backplane.api.machine.MachineModel;
import dev.backplane.api.machine.PowerButton;
import dev.backplane.api.machine.ProcessorBoard;
import dev.backplane.api.machine.RestorableBoard;
import dev.backplane.api.memory.RamRange;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import dev.backplane.api.state.StateVersion;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A board with ports, two slots, processors that come and go, and a button. Port 0x604 switches off, 0xcf9 resets. */
public final class FakeBoard implements MachineModel {
    /** How often guests were loaded. */
    public final AtomicInteger loads = new AtomicInteger();

    /** What boards were told, in order. */
    public final List<String> log = new CopyOnWriteArrayList<>();

    /** The levels of lines. */
    public final Map<String, Boolean> lines = new ConcurrentHashMap<>();

    /** What is in the slots of the last board made. */
    public volatile List<String> slots = List.of();

    /** What the guest was asked to release, and what it says then. */
    public final Map<String, Runnable> asked = new ConcurrentHashMap<>();

    /** The processors that the guest of the last board made has. */
    public volatile BitSet processors = new BitSet();

    /** What the last board made sees of the world. */
    public volatile @Nullable MachineContext context;

    /** Why boards boot nothing, where they do not. */
    public volatile @Nullable String refusal;

    @Override
    public List<RamRange> memoryMap(long memoryBytes) {
        return List.of(new RamRange(0, memoryBytes));
    }

    @Override
    public Board create(MachineContext made) {
        Made board = new Made(made);
        context = made;
        slots = board.slots;
        processors = board.processors;
        return board;
    }

    /** The guest gives a processor back. */
    public void eject(int vcpu) {
        processors.clear(vcpu);
        Objects.requireNonNull(context).processorEjected(vcpu);
    }

    /** A board's state. */
    @StateVersion(
            schema = "fake-board",
            writes = 1,
            reads = {1})
    public record State(List<String> slots, long[] processors) {}

    private record Attached(Window window, RegisterHandler handler) {}

    private final class Made implements Board, HotPlugBoard, ProcessorBoard, PowerButton, RestorableBoard<State> {
        private final MachineContext context;
        private final List<String> slots = new CopyOnWriteArrayList<>();
        private final BitSet processors = new BitSet();
        private final List<Attached> attached = new ArrayList<>();

        Made(MachineContext context) {
            this.context = context;
            processors.set(0, context.vcpus());
        }

        @Override
        public void attach(String device, Shape shape, Map<String, RegisterHandler> windows) {
            for (Window window : shape.windows()) {
                attached.add(new Attached(window, windows.get(window.name())));
            }
        }

        @Override
        public InterruptLine line(String device, Interrupt interrupt) {
            return up -> lines.put(device + "." + interrupt.name(), up);
        }

        @Override
        public void connect(@Nullable Partition partition) {
            log.add(partition == null ? "disconnected" : "connected");
        }

        @Override
        public VcpuState load(BootSource boot) throws ConfigurationException {
            String reason = refusal;
            if (reason != null) {
                throw new ConfigurationException(reason);
            }
            loads.incrementAndGet();
            return ScriptCpu.at(100);
        }

        @Override
        public void reset() {
            log.add("reset");
        }

        @Override
        public void press() {
            log.add("pressed");
        }

        @Override
        public void running(boolean running) {
            log.add(running ? "running" : "standing");
        }

        private @Nullable Attached at(int port) {
            for (Attached each : attached) {
                if (port >= each.window().base()
                        && port < each.window().base() + each.window().length()) {
                    return each;
                }
            }
            return null;
        }

        @Override
        public int readPort(int port, int size) {
            Attached to = at(port);
            return to == null ? -1 : (int) to.handler().read(port - to.window().base(), size);
        }

        @Override
        public void writePort(int port, int size, int value) {
            Attached to = at(port);
            if (port == 0x604) {
                context.powerOff("ACPI");
            } else if (port == 0xcf9) {
                context.requestReset("port 0xcf9");
            } else if (to != null) {
                to.handler().write(port - to.window().base(), size, value);
            }
        }

        @Override
        public long readMemory(long gpa, int size) {
            return -1;
        }

        @Override
        public void writeMemory(long gpa, int size, long value) {}

        @Override
        public int acknowledge() {
            return 0xff;
        }

        @Override
        public void endOfInterrupt(int vector) {}

        @Override
        public PciPort port(String device) {
            return new PciPort() {
                @Override
                public boolean messagesEnabled() {
                    return false;
                }

                @Override
                public void message(int vector) {}

                @Override
                public InterruptLine pin() {
                    return up -> {};
                }
            };
        }

        @Override
        public void plug(String device, Shape shape, Map<String, RegisterHandler> windows)
                throws ConfigurationException {
            if (slots.size() == 2 || shape.pci().isEmpty()) {
                throw new ConfigurationException(device + ": no slot");
            }
            slots.add(device);
        }

        @Override
        public void insert(String device) {
            log.add("insert " + device);
        }

        @Override
        public void askToRelease(String device, Runnable released) {
            asked.put(device, released);
        }

        @Override
        public void unplug(String device) {
            slots.remove(device);
            log.add("unplug " + device);
        }

        @Override
        public BitSet processors() {
            return (BitSet) processors.clone();
        }

        @Override
        public void insertProcessor(int vcpu) {
            processors.set(vcpu);
            log.add("insert processor " + vcpu);
        }

        @Override
        public void askForProcessor(int vcpu) {
            log.add("ask for processor " + vcpu);
        }

        @Override
        public State save() {
            return new State(List.copyOf(slots), processors.toLongArray());
        }

        @Override
        public Class<State> stateType() {
            return State.class;
        }

        @Override
        public void restore(State state) throws StateException {
            if (!state.slots().equals(slots)) {
                throw new StateException("slots: %s: expected %s".formatted(slots, state.slots()));
            }
            processors.clear();
            processors.or(BitSet.valueOf(state.processors()));
            log.add("restored");
        }

        @Override
        public void close() {
            log.add("closed");
        }
    }
}
