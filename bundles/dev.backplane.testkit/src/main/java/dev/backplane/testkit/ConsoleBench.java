package dev.backplane.testkit;

import dev.backplane.api.console.ConsoleBackend;
import dev.backplane.api.console.ConsolePort;
import dev.backplane.api.console.TerminalSize;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import java.io.ByteArrayOutputStream;

/**
 * A bay with the far end of a console, driven by a test in the place of a device.
 *
 * @param <O> its options
 * @param <S> its state
 */
public final class ConsoleBench<O extends Record, S extends Record> extends EndBench<ConsolePort<S>, S> {
    private ConsoleBench(ConsoleBackend<O, S> backend, O options) throws ConfigurationException {
        super("console", new Maker<>() {
            @Override
            public ConsolePort<S> create(EndContext context) throws ConfigurationException {
                return backend.create(options, context);
            }

            @Override
            public ConsolePort<S> restore(EndContext context, S state) throws StateException, ConfigurationException {
                return backend.restore(options, context, state);
            }
        });
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
        return started(() -> make(backend, options), options);
    }

    /**
     * Writes one byte, if there is room.
     *
     * @param value the byte
     * @return whether it was taken
     */
    public boolean write(byte value) {
        return port().write(value);
    }

    /**
     * Writes bytes as a device does: when one is refused, it waits to be told that there is room.
     *
     * @param bytes what to write
     */
    public void writeAll(byte[] bytes) {
        for (byte each : bytes) {
            while (!write(each)) {
                await(bells().writable(), "told that there is room");
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
            int value = port().read();
            if (value < 0) {
                await(bells().readable(), "told of the bytes after " + bytes.size() + " of " + count);
            } else {
                bytes.write(value);
            }
        }
        return bytes.toByteArray();
    }

    /**
     * Waits to be told that the terminal at the far end has a size.
     *
     * @param size which
     */
    public void awaitSize(TerminalSize size) {
        do {
            await(bells().changed(), "told of the size " + size);
        } while (!port().size().equals(size));
    }
}
