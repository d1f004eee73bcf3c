package dev.backplane.kernel.internal.bay;

import dev.backplane.api.console.ConsolePort;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A console on the host's time: bytes go straight through, and the device is told on the thread of the signals. */
final class HostFront implements ConsoleFront {
    private final Runnable spoken;
    private final Consumer<Throwable> failures;
    private final Signals.Signal readable;
    private final Signals.Signal writable;
    private volatile @Nullable ConsolePort<?> port;
    private volatile @Nullable PartConsole device;

    /** @param spoken called for each byte that a device writes */
    HostFront(Signals signals, Runnable spoken, Consumer<Throwable> failures) {
        this.spoken = spoken;
        this.failures = failures;
        readable = signals.signal(() -> tell(true));
        writable = signals.signal(() -> tell(false));
    }

    @Override
    public boolean write(byte value) {
        spoken.run();
        ConsolePort<?> to = port;
        try {
            return to != null && to.write(value);
        } catch (RuntimeException | Error e) {
            failed(to, e);
            return false;
        }
    }

    @Override
    public int read() {
        ConsolePort<?> from = port;
        try {
            return from == null ? -1 : from.read();
        } catch (RuntimeException | Error e) {
            failed(from, e);
            return -1;
        }
    }

    private void failed(@Nullable ConsolePort<?> which, Throwable thrown) {
        if (which == port) {
            failures.accept(thrown);
        }
    }

    @Override
    public void open(ConsolePort<?> to) {
        port = to;
        signalBoth();
    }

    @Override
    public void close() {
        port = null;
    }

    @Override
    public void attach(PartConsole console) {
        device = console;
    }

    @Override
    public void detach(PartConsole console) {
        if (device == console) {
            device = null;
        }
    }

    @Override
    public void signalBoth() {
        readable.raise();
        writable.raise();
    }

    @Override
    public void signalReadable() {
        readable.raise();
    }

    @Override
    public void signalWritable() {
        writable.raise();
    }

    private void tell(boolean toRead) {
        PartConsole told = device;
        if (told != null && port != null) {
            told.tell(toRead);
        }
    }
}
