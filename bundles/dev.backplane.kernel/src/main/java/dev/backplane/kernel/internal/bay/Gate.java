package dev.backplane.kernel.internal.bay;

import dev.backplane.api.cpu.ParkedAccess;
import dev.backplane.api.device.DoorbellHandler;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.Window;
import dev.backplane.api.vm.AccessTap;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The bay's side of one register window: what the board calls for the machine's life, whichever part answers. Hot: one
 * volatile read and one call, no lock, no counter, no allocation. Closing takes effect for accesses that begin later; those
 * under way are over once every vCPU has come out of the guest. Doorbells ring on other threads: they count as calls into the part.
 */
final class Gate implements DoorbellHandler {
    /** Told of what a handler throws. */
    @FunctionalInterface
    interface Failures {
        /** The part's handler threw. */
        void handlerThrew(Window window, long offset, RegisterHandler handler, Throwable thrown);
    }

    private static final RegisterHandler PARKING = new Parking();

    private final Window window;
    private final Failures failures;
    private final List<Bell> bells = new CopyOnWriteArrayList<>();
    private final List<RungBell> early = new ArrayList<>();
    private volatile RegisterHandler handler = PARKING;
    private volatile @Nullable CallGate calls;
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

    @Override
    public Runnable doorbell(long offset, int size, long value) {
        Bell bell = new Bell(offset, size, value);
        bells.add(bell);
        return bell;
    }

    /**
     * Lets accesses through to a part's handler, those to doorbells first that came meanwhile.
     *
     * @param part the handler
     * @param through counts the calls into the part that do not come from vCPUs; open
     */
    void open(RegisterHandler part, CallGate through) {
        List<RungBell> before;
        synchronized (this) {
            target = part;
            handler = tapped();
            calls = through;
            before = List.copyOf(early);
            early.clear();
        }
        for (RungBell bell : before) {
            Bell again = new Bell(bell.offset(), bell.size(), bell.value());
            again.run();
        }
        bells.forEach(Bell::ringIfDue);
    }

    /** Forgets what rang while nobody was there: the device starts anew. */
    void forgetBells() {
        synchronized (this) {
            early.clear();
        }
        bells.forEach(bell -> bell.due.set(false));
    }

    /** Adds the doorbells that have rung and were not heard. The gate is closed, and nobody rings. */
    synchronized void addRung(List<RungBell> rung) {
        rung.addAll(early);
        for (Bell bell : bells) {
            if (bell.due.get()) {
                rung.add(new RungBell(window.name(), bell.offset, bell.size, bell.value));
            }
        }
    }

    /** A doorbell that rang in an earlier life of the machine is heard when the gate opens. */
    synchronized void ring(RungBell bell) {
        early.add(bell);
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

    /** A doorbell. Who rings while the gate is closed leaves a note, and whoever opens the gate looks for it. */
    private final class Bell implements Runnable {
        private final long offset;
        private final int size;
        private final long value;
        private final AtomicBoolean due = new AtomicBoolean();

        Bell(long offset, int size, long value) {
            this.offset = offset;
            this.size = size;
            this.value = value;
        }

        @Override
        public void run() {
            due.set(true);
            ringIfDue();
        }

        void ringIfDue() {
            while (due.get()) {
                CallGate through = calls;
                if (through == null || !through.enter()) {
                    return;
                }
                boolean rung = true;
                try {
                    if (due.compareAndSet(true, false)) {
                        rung = ring();
                    }
                } finally {
                    through.exit();
                }
                if (!rung) {
                    due.set(true);
                    if (handler == PARKING) {
                        return;
                    }
                }
            }
        }

        private boolean ring() {
            try {
                write(offset, size, value);
                return true;
            } catch (ParkedAccess away) {
                return false;
            }
        }
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
