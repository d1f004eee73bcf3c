package dev.backplane.kernel.internal.journal;

import dev.backplane.kernel.internal.bay.VirtualFront;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;

/** Lets everything in as it comes and keeps nothing. */
public final class LiveJournal implements Journal {
    private static final int SEED_BYTES = 32;

    private final byte[] seed = new byte[SEED_BYTES];
    private final Instant origin = Instant.now();

    /** A journal for a machine that was never recorded. */
    public LiveJournal() {
        new SecureRandom().nextBytes(seed);
    }

    @Override
    public byte[] seed() {
        return seed;
    }

    @Override
    public Instant origin() {
        return origin;
    }

    @Override
    public boolean live() {
        return true;
    }

    @Override
    public boolean paced() {
        return false;
    }

    @Override
    public boolean exchange(TurnView view) {
        for (VirtualFront console : view.consoles()) {
            byte[] bytes = console.take();
            if (bytes.length > 0) {
                console.deliver(bytes);
            }
        }
        return true;
    }

    @Override
    public void waiting(TurnView view) {}

    @Override
    public void cut(TurnView view, String reason) {}

    @Override
    public Optional<Verdict> end(TurnView view, Optional<byte[]> whole, String reason) {
        return Optional.empty();
    }

    @Override
    public void close() {}
}
