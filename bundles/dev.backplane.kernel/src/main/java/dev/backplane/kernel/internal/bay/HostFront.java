package dev.backplane.kernel.internal.bay;

import dev.backplane.api.console.ConsoleListener;
import dev.backplane.api.console.ConsolePort;
import dev.backplane.api.console.TerminalSize;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A console on the host's time: bytes go straight through, and the device is told on the thread of the signals. */
final class HostFront extends ConsoleFront {
    private final Runnable spoken;
    private final Consumer<Throwable> failures;
    private final Signals.Signal readable;
    private final Signals.Signal writable;
    private final Signals.Signal resized;
    private volatile @Nullable ConsolePort<?> port;

    /** @param spoken called for each byte that a device writes */
    HostFront(Signals signals, Runnable spoken, Consumer<Throwable> failures) {
        this.spoken = spoken;
        this.failures = failures;
        readable = signals.signal(() -> tellOpen(ConsoleListener::readable));
        writable = signals.signal(() -> tellOpen(ConsoleListener::writable));
        resized = signals.signal(() -> tellOpen(ConsoleListener::resized));
    }

    @Override
    boolean write(byte value) {
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
    int read() {
        ConsolePort<?> from = port;
        try {
            return from == null ? -1 : from.read();
        } catch (RuntimeException | Error e) {
            failed(from, e);
            return -1;
        }
    }

    @Override
    TerminalSize size() {
        ConsolePort<?> of = port;
        try {
            return of == null ? TerminalSize.UNKNOWN : of.size();
        } catch (RuntimeException | Error e) {
            failed(of, e);
            return TerminalSize.UNKNOWN;
        }
    }

    private void failed(@Nullable ConsolePort<?> which, Throwable thrown) {
        if (which == port) {
            failures.accept(thrown);
        }
    }

    @Override
    void open(ConsolePort<?> to) {
        port = to;
        signalAll();
    }

    @Override
    void close() {
        port = null;
    }

    @Override
    void signalAll() {
        readable.raise();
        writable.raise();
        resized.raise();
    }

    @Override
    void signalReadable() {
        readable.raise();
    }

    @Override
    void signalWritable() {
        writable.raise();
    }

    @Override
    void signalResized() {
        resized.raise();
    }

    private void tellOpen(Consumer<ConsoleListener> what) {
        if (port != null) {
            tell(what);
        }
    }
}
