package dev.backplane.kernel.internal.bay;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Carries notifications from one part to another on a thread of the machine, so that neither calls the other from its own
 * frames. A signal that is pending already is not queued twice.
 */
public final class Signals implements AutoCloseable {
    private final LinkedBlockingQueue<Signal> queue = new LinkedBlockingQueue<>();
    private final Thread thread;
    private volatile boolean closed;

    /**
     * Starts the thread.
     *
     * @param vm the machine's name
     */
    public Signals(String vm) {
        thread = Thread.ofPlatform()
                .name(vm + "/signals")
                .daemon()
                .inheritInheritableThreadLocals(false)
                .unstarted(this::run);
        thread.setContextClassLoader(null);
        thread.start();
    }

    Signal signal(Runnable body) {
        return new Signal(body);
    }

    private void run() {
        while (!closed) {
            try {
                queue.take().deliver();
            } catch (InterruptedException e) {
                // Only close() ends the thread; a part's stray interrupt does not.
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        queue.clear();
        queue.add(new Signal(() -> {}));
    }

    /** One kind of notification to one receiver. */
    final class Signal {
        private final Runnable body;
        private final AtomicBoolean pending = new AtomicBoolean();

        private Signal(Runnable body) {
            this.body = body;
        }

        void raise() {
            if (pending.compareAndSet(false, true)) {
                queue.add(this);
            }
        }

        private void deliver() {
            pending.set(false);
            body.run();
        }
    }
}
