package dev.backplane.network.user.internal;

import java.util.function.LongSupplier;

/** Time that stands still while the network is at rest. Nanoseconds from zero on, so that any two can be compared. */
final class Clock implements LongSupplier {
    private final LongSupplier host;
    private long origin;
    private long stoppedAt;
    private boolean running;

    Clock(LongSupplier host) {
        this.host = host;
    }

    @Override
    public long getAsLong() {
        return running ? host.getAsLong() - origin : stoppedAt;
    }

    void start() {
        if (!running) {
            origin = host.getAsLong() - stoppedAt;
            running = true;
        }
    }

    void stop() {
        stoppedAt = getAsLong();
        running = false;
    }
}
