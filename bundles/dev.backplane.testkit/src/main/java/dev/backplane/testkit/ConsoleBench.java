package dev.backplane.testkit;

import dev.backplane.api.console.ConsoleBackend;
import dev.backplane.api.console.ConsolePort;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateException;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * A bay with the far end of a console, driven by a test in the place of a device.
 *
 * @param <O> its options
 * @param <S> its state
 */
public final class ConsoleBench<O extends Record, S extends Record> implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final ConsoleBackend<O, S> backend;
    private final O options;
    private final TestMachine machine = new TestMachine();
    private final HostResources resources = new HostResources();
    private final Semaphore readable = new Semaphore(0);
    private final Semaphore writable = new Semaphore(0);
    private TestConsoleContext context;
    private ConsolePort<S> port;
    private boolean running;

    private ConsoleBench(ConsoleBackend<O, S> backend, O options) throws ConfigurationException {
        this.backend = backend;
        this.options = options;
        this.context = newContext();
        this.port = backend.create(options, context);
    }

    /**
     * A bay whose far end is made and not started.
     *
     * @param <O> its options
     * @param <S> its state
     * @param backend makes it
     * @param options its options
     * @return the bench
     * @throws ConfigurationException when the backend refuses the options
     */
    public static <O extends Record, S extends Record> ConsoleBench<O, S> make(ConsoleBackend<O, S> backend, O options)
            throws ConfigurationException {
        return new ConsoleBench<>(backend, options);
    }

    /**
     * A bay whose far end runs.
     *
     * @param <O> its options
     * @param <S> its state
     * @param backend makes it
     * @param options its options
     * @return the bench
     */
    public static <O extends Record, S extends Record> ConsoleBench<O, S> plug(
            ConsoleBackend<O, S> backend, O options) {
        try {
            ConsoleBench<O, S> bench = make(backend, options);
            bench.resume(Resumption.STARTED);
            return bench;
        } catch (ConfigurationException e) {
            throw new AssertionError("the backend refuses its options " + options, e);
        }
    }

    /**
     * What it is plugged into.
     *
     * @return with what parts reported as failures
     */
    public TestMachine machine() {
        return machine;
    }

    /**
     * The far end.
     *
     * @return the part of this moment
     */
    public ConsolePort<S> port() {
        return port;
    }

    /**
     * Writes one byte, if there is room.
     *
     * @param value the byte
     * @return whether it was taken
     */
    public boolean write(byte value) {
        return port.write(value);
    }

    /**
     * Writes bytes as a device does: when one is refused, it waits to be told that there is room.
     *
     * @param bytes what to write
     */
    public void writeAll(byte[] bytes) {
        for (byte each : bytes) {
            while (!port.write(each)) {
                await(writable, "told that there is room");
            }
        }
    }

    /**
     * Reads bytes as a device does: when there is none, it waits to be told that there are some.
     *
     * @param count how many
     * @return the bytes
     */
    public byte[] readAll(int count) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        while (bytes.size() < count) {
            int value = port.read();
            if (value < 0) {
                await(readable, "told of the bytes after " + bytes.size() + " of " + count);
            } else {
                bytes.write(value);
            }
        }
        return bytes.toByteArray();
    }

    /** Closes the gate and brings the far end to rest. */
    public void quiesce() {
        try {
            quiesce(Deadline.in(PATIENCE));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("quiesce was interrupted", e);
        }
    }

    /**
     * Closes the gate and brings the far end to rest.
     *
     * @param deadline by when
     * @throws InterruptedException when interrupted
     */
    public void quiesce(Deadline deadline) throws InterruptedException {
        port.quiesce(deadline);
        running = false;
    }

    /**
     * Lets the far end go on.
     *
     * @param why as it is told
     */
    public void resume(Resumption why) {
        running = true;
        port.resume(why);
        // What the bay does: whoever waits looks again.
        readable.release();
        writable.release();
    }

    /**
     * Replaces the far end by a new one that goes on from its state.
     *
     * @return the state that moved
     */
    public S swap() {
        quiesce();
        S state = PlainState.copy(port.save());
        TestConsoleContext next = newContext();
        ConsolePort<S> successor = restore(next, state);
        port.close();
        context.revoke();
        context = next;
        port = successor;
        resume(new Resumption(Resumption.Cause.SWAP, Duration.ZERO));
        return state;
    }

    /** Begins a swap that fails after the successor was made: the old part goes on. */
    public void swapAndRollBack() {
        quiesce();
        TestConsoleContext next = newContext();
        ConsolePort<S> successor = restore(next, PlainState.copy(port.save()));
        successor.close();
        next.revoke();
        resume(new Resumption(Resumption.Cause.ROLLBACK, Duration.ZERO));
    }

    /** Empties the bay: quiesces and closes the part, and closes the bay's host resources. */
    @Override
    public void close() {
        if (running) {
            quiesce();
        }
        port.close();
        port.close();
        context.revoke();
        resources.close();
    }

    /** Whether no task of the part is left behind after {@link #close}. */
    boolean tasksEnd() throws InterruptedException {
        return context.tasksEnd(PATIENCE.toSeconds());
    }

    private TestConsoleContext newContext() {
        return new TestConsoleContext(machine, resources, readable, writable);
    }

    private ConsolePort<S> restore(TestConsoleContext next, S state) {
        try {
            return backend.restore(options, next, state);
        } catch (StateException | ConfigurationException e) {
            throw new AssertionError("the backend refuses the state that it saved: " + PlainState.render(state), e);
        }
    }

    private void await(Semaphore signal, String what) {
        try {
            if (!signal.tryAcquire(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("a device waits in vain to be " + what + "; failures: " + machine.failures());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
