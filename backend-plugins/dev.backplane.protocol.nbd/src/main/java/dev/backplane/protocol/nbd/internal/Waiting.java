package dev.backplane.protocol.nbd.internal;

import dev.backplane.nbd.wire.Patience;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** How long a connection's users wait: until a moment while it is made and ended, and in between as long as its answers come. */
final class Waiting implements Patience {
    private volatile long endNanos;
    private volatile @Nullable Patience running;

    Waiting(long endNanos) {
        this.endNanos = endNanos;
    }

    void run(Patience whileItRuns) {
        running = whileItRuns;
    }

    void end(long nanos) {
        endNanos = nanos;
        running = null;
    }

    @Override
    public void check() throws IOException {
        Patience other = running;
        if (other != null) {
            other.check();
        } else if (System.nanoTime() - endNanos > 0) {
            throw new IOException("it does not answer in time");
        }
    }
}
