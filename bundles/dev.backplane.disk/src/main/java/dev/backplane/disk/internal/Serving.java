package dev.backplane.disk.internal;

import dev.backplane.nbd.NbdServer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The server that runs, if one does. The command's thread begins and ends it; whoever ends the process waits for that. */
final class Serving {
    /** Less than the process takes to stop at most. */
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private @Nullable NbdServer server;

    synchronized void begun(NbdServer started) {
        server = started;
    }

    /** The disk is closed. */
    synchronized void ended() {
        server = null;
        notifyAll();
    }

    /** Ends it, and returns when the disk is closed, or does not come to be. */
    void end() {
        NbdServer running;
        synchronized (this) {
            running = server;
        }
        if (running == null) {
            return;
        }
        running.close();
        try {
            await(System.nanoTime() + PATIENCE_NANOS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void await(long end) throws InterruptedException {
        for (long left = PATIENCE_NANOS; server != null && left > 0; left = end - System.nanoTime()) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }
}
