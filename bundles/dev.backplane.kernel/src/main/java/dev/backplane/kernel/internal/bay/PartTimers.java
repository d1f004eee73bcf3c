package dev.backplane.kernel.internal.bay;

import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** The timers of one part: they die with it, and an expiry while its bay does not run is delivered when it runs again. */
final class PartTimers {
    private final Bay bay;
    private final GuestClock clock;
    private final Lifeline lifeline;
    private final CallGate gate;
    private final Consumer<Throwable> failures;
    private final Set<Held> timers = ConcurrentHashMap.newKeySet();

    PartTimers(Bay bay, Lifeline lifeline, CallGate gate, Consumer<Throwable> failures) {
        this.bay = bay;
        this.clock = bay.surroundings().clock();
        this.lifeline = lifeline;
        this.gate = gate;
        this.failures = failures;
    }

    GuestTimer timer(Runnable handler) {
        lifeline.check();
        Held timer = new Held(handler);
        timers.add(timer);
        return timer;
    }

    /** Delivers what expired meanwhile. The gate has been opened. */
    void catchUp() {
        timers.forEach(Held::catchUp);
    }

    void close() {
        timers.forEach(Held::end);
        timers.clear();
    }

    private final class Held implements GuestTimer, Runnable {
        private final Runnable handler;
        private final GuestTimer timer;
        private final AtomicBoolean held = new AtomicBoolean();

        Held(Runnable handler) {
            this.handler = handler;
            this.timer = clock.timer(this);
        }

        /** On the timer thread. */
        @Override
        public void run() {
            if (!gate.enter()) {
                held.set(true);
                if (gate.isOpen()) {
                    // It was opened between the two looks, and may have missed this one.
                    catchUp();
                }
                return;
            }
            try {
                handler.run();
            } catch (RuntimeException | Error e) {
                if (!lifeline.isCut()) {
                    failures.accept(e);
                }
            } finally {
                gate.exit();
            }
        }

        void catchUp() {
            if (held.getAndSet(false)) {
                timer.arm(clock.nanos());
            }
        }

        @Override
        public void arm(long atNanos) {
            lifeline.check();
            bay.surroundings().admit(bay.id(), "arms a timer");
            held.set(false);
            timer.arm(atNanos);
        }

        @Override
        public void cancel() {
            lifeline.check();
            bay.surroundings().admit(bay.id(), "cancels a timer");
            held.set(false);
            timer.cancel();
        }

        @Override
        public void close() {
            timers.remove(this);
            end();
        }

        void end() {
            timer.close();
        }
    }
}
