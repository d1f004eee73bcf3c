package dev.backplane.kernel.internal.bay;

import dev.backplane.api.console.ConsolePort;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The side of a console's bay that devices use. While the bay does not run it takes nothing and gives nothing; when it runs
 * again the device is told that both may go on. Writing and reading allocate nothing.
 */
public final class ConsoleFront {
    private final Consumer<Throwable> failures;
    private final Signals.Signal readable;
    private final Signals.Signal writable;
    private volatile @Nullable ConsolePort<?> port;
    private volatile @Nullable PartConsole device;

    ConsoleFront(Signals signals, Consumer<Throwable> failures) {
        this.failures = failures;
        readable = signals.signal(() -> tell(true));
        writable = signals.signal(() -> tell(false));
    }

    boolean write(byte value) {
        ConsolePort<?> to = port;
        try {
            return to != null && to.write(value);
        } catch (RuntimeException | Error e) {
            failed(to, e);
            return false;
        }
    }

    int read() {
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

    void open(ConsolePort<?> to) {
        port = to;
        signalBoth();
    }

    void close() {
        port = null;
    }

    void attach(PartConsole console) {
        device = console;
    }

    void detach(PartConsole console) {
        if (device == console) {
            device = null;
        }
    }

    void signalBoth() {
        readable.raise();
        writable.raise();
    }

    void signalReadable() {
        readable.raise();
    }

    void signalWritable() {
        writable.raise();
    }

    private void tell(boolean toRead) {
        PartConsole told = device;
        if (told != null && port != null) {
            told.tell(toRead);
        }
    }
}
