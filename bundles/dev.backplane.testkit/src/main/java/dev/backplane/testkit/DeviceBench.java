package dev.backplane.testkit;

import dev.backplane.api.console.ConsoleRef;
import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.Window;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A bay with one device, driven by a test in the place of kernel and guest.
 *
 * <pre>{@code
 * try (var bench = DeviceBench.plug(new CounterFactory(), new CounterOptions(0x300))) {
 *     bench.out(0x300, 1, 5);
 *     bench.swap();
 *     assertEquals(5, bench.in(0x300, 1));
 * }
 * }</pre>
 *
 * @param <O> the device's options
 * @param <S> its state
 */
public final class DeviceBench<O extends Record, S extends Record> implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final DeviceFactory<O, S> factory;
    private final O options;
    private final Shape shape;
    private final TestMachine machine = new TestMachine();
    private final Map<String, RecordedLine> lines = new HashMap<>();
    private final RecordedPort port = new RecordedPort();
    private final HostResources resources = new HostResources();
    private TestDeviceContext context;
    /** Null once the bay is empty: a test may keep the bench, which must not keep the device. */
    private @Nullable Device<S> device;

    private boolean running;

    private DeviceBench(DeviceFactory<O, S> factory, O options) throws ConfigurationException {
        this.factory = factory;
        this.options = options;
        this.shape = factory.shape(options);
        shape.ram().forEach(machine.memory()::add);
        this.context = newContext();
        this.device = factory.create(options, context);
    }

    /**
     * A bay whose device is made and not started.
     *
     * @param <O> the device's options
     * @param <S> its state
     * @param factory makes it
     * @param options its options
     * @return the bench
     */
    public static <O extends Record, S extends Record> DeviceBench<O, S> make(DeviceFactory<O, S> factory, O options) {
        try {
            return new DeviceBench<>(factory, options);
        } catch (ConfigurationException e) {
            throw new AssertionError("the device refuses its options " + options, e);
        }
    }

    /**
     * A bay whose device runs.
     *
     * @param <O> the device's options
     * @param <S> its state
     * @param factory makes it
     * @param options its options
     * @return the bench
     */
    public static <O extends Record, S extends Record> DeviceBench<O, S> plug(DeviceFactory<O, S> factory, O options) {
        DeviceBench<O, S> bench = make(factory, options);
        bench.resume(Resumption.STARTED);
        return bench;
    }

    /**
     * What the device is plugged into.
     *
     * @return clock, memory, consoles
     */
    public TestMachine machine() {
        return machine;
    }

    /**
     * The machine's clock.
     *
     * @return as {@link TestMachine#clock}
     */
    public VirtualClock clock() {
        return machine.clock();
    }

    /**
     * A console of the machine.
     *
     * @param reference as in the options
     * @return as {@link TestMachine#console}
     */
    public RecordedConsole console(ConsoleRef reference) {
        return machine.console(reference);
    }

    /**
     * The device's shape.
     *
     * @return as its factory gave it
     */
    public Shape shape() {
        return shape;
    }

    /**
     * The device.
     *
     * @return the part of this moment
     */
    public Device<S> device() {
        Device<S> here = device;
        if (here == null) {
            throw new IllegalStateException("the bench is closed");
        }
        return here;
    }

    /**
     * An interrupt line.
     *
     * @param name as in the shape
     * @return down where the device never touched it
     */
    public RecordedLine line(String name) {
        return lines.computeIfAbsent(name, any -> new RecordedLine());
    }

    /**
     * The device's PCI interrupts.
     *
     * @return the port of its bay
     */
    public RecordedPort pci() {
        return port;
    }

    /**
     * A guest's read of a port.
     *
     * @param port its number
     * @param size 1, 2 or 4 bytes
     * @return the value, zero-extended; ones where no window of the device holds the whole access
     */
    public long in(int port, int size) {
        Window window = window(Window.Space.PORT, port, size);
        return window == null ? ones(size) : read(window.name(), port - window.base(), size);
    }

    /**
     * A guest's write of a port.
     *
     * @param port its number
     * @param size 1, 2 or 4 bytes
     * @param value the value
     */
    public void out(int port, int size, long value) {
        Window window = window(Window.Space.PORT, port, size);
        if (window != null) {
            write(window.name(), port - window.base(), size, value);
        }
    }

    /**
     * A guest's read in a window.
     *
     * @param window its name
     * @param offset into it
     * @param size 1, 2, 4 or 8 bytes
     * @return the value, zero-extended
     */
    public long read(String window, long offset, int size) {
        return handler(window).read(offset, size) & ones(size);
    }

    /**
     * A guest's write in a window.
     *
     * @param window its name
     * @param offset into it
     * @param size 1, 2, 4 or 8 bytes
     * @param value the value
     */
    public void write(String window, long offset, int size, long value) {
        handler(window).write(offset, size, value & ones(size));
    }

    /** Closes the gate and brings the device to rest. */
    public void quiesce() {
        if (!running) {
            throw new IllegalStateException("the device is quiesced already");
        }
        // The gate is closed: what the device still does outwardly belongs to what was in flight.
        try {
            device().quiesce(Deadline.in(PATIENCE));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("quiesce was interrupted", e);
        }
        running = false;
        context.setOpen(false);
        machine.forgetListeners();
    }

    /**
     * Has the device come to rest in less time than it needs, since what it waits for does not answer, and go on when that has failed.
     *
     * @param time how long it may try
     * @throws AssertionError when it comes to rest
     */
    public void failToQuiesce(Duration time) {
        try {
            device().quiesce(Deadline.in(time));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("quiesce was interrupted", e);
        } catch (RuntimeException late) {
            resume(new Resumption(Resumption.Cause.ROLLBACK, Duration.ZERO));
            return;
        }
        throw new AssertionError("the device is at rest");
    }

    /**
     * Lets the device go on.
     *
     * @param why as the device is told
     */
    public void resume(Resumption why) {
        running = true;
        context.setOpen(true);
        device().resume(why);
    }

    /**
     * Resets the device, as a machine's reset does.
     *
     * @param kind what is reset
     */
    public void reset(ResetKind kind) {
        quiesce();
        device().reset(kind);
        resume(Resumption.STARTED);
    }

    /**
     * The device's state now, encoded and decoded again. The device goes on.
     *
     * @return plain data
     */
    public S state() {
        quiesce();
        S state = PlainState.copy(device().save());
        resume(new Resumption(Resumption.Cause.ROLLBACK, Duration.ZERO));
        return state;
    }

    /**
     * Replaces the device by a new one that goes on from its state.
     *
     * @return the state that moved
     */
    public S swap() {
        quiesce();
        S state = PlainState.copy(device().save());
        TestDeviceContext next = newContext();
        Device<S> successor = restore(next, state);
        device().close();
        context.revoke();
        context = next;
        device = successor;
        resume(new Resumption(Resumption.Cause.SWAP, Duration.ZERO));
        return state;
    }

    /** Begins a swap that fails after the successor was made: the old device goes on. */
    public void swapAndRollBack() {
        quiesce();
        TestDeviceContext next = newContext();
        Device<S> successor = restore(next, PlainState.copy(device().save()));
        successor.close();
        next.revoke();
        resume(new Resumption(Resumption.Cause.ROLLBACK, Duration.ZERO));
    }

    /**
     * Makes a device from a state beside the one that runs, connected to nothing, and throws it away.
     *
     * @param state what it goes on from
     * @return what it saves at once
     */
    public S rehearse(S state) {
        TestMachine elsewhere = new TestMachine();
        shape.ram().forEach(elsewhere.memory()::add);
        elsewhere.clock().advance(Duration.ofNanos(machine.clock().nanos()));
        elsewhere.clock().setWall(machine.clock().wall());
        TestDeviceContext shadow = new TestDeviceContext(
                "device", shape, elsewhere, new HashMap<>(), new RecordedPort(), new HostResources());
        Device<S> rehearsed = restore(shadow, state);
        S saved = PlainState.copy(rehearsed.save());
        rehearsed.close();
        shadow.revoke();
        return saved;
    }

    /**
     * Puts a device that goes on from a given state in the place of the one that runs.
     *
     * @param state what it goes on from
     * @throws StateException when the factory refuses it; the old device then goes on
     */
    public void replaceBy(S state) throws StateException {
        quiesce();
        TestDeviceContext next = newContext();
        Device<S> successor;
        try {
            successor = factory.restore(options, next, state);
        } catch (ConfigurationException e) {
            throw new AssertionError("the device refuses its options " + options, e);
        } catch (StateException e) {
            next.revoke();
            resume(new Resumption(Resumption.Cause.ROLLBACK, Duration.ZERO));
            throw e;
        }
        device().close();
        context.revoke();
        context = next;
        device = successor;
        resume(new Resumption(Resumption.Cause.SNAPSHOT, Duration.ZERO));
    }

    /** Empties the bay: quiesces and closes the device, and closes the bay's host resources. */
    @Override
    public void close() {
        Device<S> last = device();
        if (running) {
            quiesce();
        }
        last.close();
        last.close();
        device = null;
        context.revoke();
        resources.close();
    }

    /** Whether nothing of the device is left behind after {@link #close}. */
    boolean leftNothing() throws InterruptedException {
        return machine.clock().openTimers() == 0
                && machine.memory().openLeases() == 0
                && resources.count() == 0
                && context.tasksEnd(PATIENCE.toSeconds());
    }

    /** Whether each window of the shape has a handler. */
    boolean servesAllWindows() {
        return shape.served().keySet().stream().allMatch(window -> context.handler(window) != null);
    }

    private TestDeviceContext newContext() {
        return new TestDeviceContext("device", shape, machine, lines, port, resources);
    }

    private Device<S> restore(TestDeviceContext next, S state) {
        try {
            return factory.restore(options, next, state);
        } catch (StateException | ConfigurationException e) {
            throw new AssertionError("the device refuses the state that it saved: " + PlainState.render(state), e);
        }
    }

    private RegisterHandler handler(String window) {
        if (!running) {
            throw new IllegalStateException("the device is quiesced: its bay parks accesses");
        }
        RegisterHandler handler = context.handler(window);
        if (handler == null) {
            throw new AssertionError("window " + window + " has no handler");
        }
        return handler;
    }

    private @Nullable Window window(Window.Space space, long address, int size) {
        for (Window window : shape.windows()) {
            long offset = address - window.base();
            if (window.space() == space && offset >= 0 && offset <= window.length() - size) {
                return window;
            }
        }
        return null;
    }

    private static long ones(int size) {
        return -1L >>> (64 - 8 * size);
    }
}
