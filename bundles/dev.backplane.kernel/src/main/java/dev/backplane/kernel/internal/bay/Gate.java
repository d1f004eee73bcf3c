package dev.backplane.kernel.internal.bay;

import dev.backplane.api.cpu.ParkedAccess;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.Window;
import dev.backplane.api.vm.AccessTap;
import org.jspecify.annotations.Nullable;

/**
 * The bay's side of one register window: what the board calls for the machine's life, whichever part answers. Hot: one
 * volatile read and one call, no lock, no counter, no allocation. Closing takes effect for accesses that begin later; those
 * under way are over once every vCPU has come out of the guest.
 */
final class Gate implements RegisterHandler {
    /** Told of what a handler throws. */
    @FunctionalInterface
    interface Failures {
        /** The part's handler threw. */
        void handlerThrew(Window window, long offset, RegisterHandler handler, Throwable thrown);
    }

    private static final RegisterHandler PARKING = new Parking();

    private final Window window;
    private final Failures failures;
    private volatile RegisterHandler handler = PARKING;
    private RegisterHandler target = PARKING;
    private @Nullable AccessTap tap;

    Gate(Window window, Failures failures) {
        this.window = window;
        this.failures = failures;
    }

    @Override
    public long read(long offset, int size) {
        RegisterHandler current = handler;
        try {
            return current.read(offset, size);
        } catch (ParkedAccess parked) {
            throw parked;
        } catch (RuntimeException | Error thrown) {
            failures.handlerThrew(window, offset, current, thrown);
            throw ParkedAccess.INSTANCE;
        }
    }

    @Override
    public void write(long offset, int size, long value) {
        RegisterHandler current = handler;
        try {
            current.write(offset, size, value);
        } catch (ParkedAccess parked) {
            throw parked;
        } catch (RuntimeException | Error thrown) {
            failures.handlerThrew(window, offset, current, thrown);
            throw ParkedAccess.INSTANCE;
        }
    }

    /** Lets accesses through to a part's handler. */
    synchronized void open(RegisterHandler part) {
        target = part;
        handler = tapped();
    }

    /** Parks accesses. */
    synchronized void close() {
        target = PARKING;
        handler = PARKING;
    }

    /** Whether a handler is what lets accesses through now. */
    synchronized boolean leadsTo(RegisterHandler part) {
        return handler == part && part != PARKING;
    }

    synchronized void tap(@Nullable AccessTap next) {
        tap = next;
        handler = tapped();
    }

    private RegisterHandler tapped() {
        AccessTap listening = tap;
        return listening == null || target == PARKING ? target : new Tapped(window, target, listening);
    }

    /** A closed gate. */
    private static final class Parking implements RegisterHandler {
        @Override
        public long read(long offset, int size) {
            throw ParkedAccess.INSTANCE;
        }

        @Override
        public void write(long offset, int size, long value) {
            throw ParkedAccess.INSTANCE;
        }
    }

    /** An open gate that somebody listens to; costs nothing where nobody does. */
    private record Tapped(Window window, RegisterHandler target, AccessTap tap) implements RegisterHandler {
        @Override
        public long read(long offset, int size) {
            long value = target.read(offset, size);
            tap.access(window.space() == Window.Space.PORT, false, window.base() + offset, size, value);
            return value;
        }

        @Override
        public void write(long offset, int size, long value) {
            target.write(offset, size, value);
            tap.access(window.space() == Window.Space.PORT, true, window.base() + offset, size, value);
        }
    }
}
