package dev.backplane.protocol.nbd.internal;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Options for tests. */
final class Options {
    private Options() {}

    /** A server on a Unix socket, with more patience than any test needs. */
    static NbdOptions of(Path socket) {
        return of(socket, Duration.ofSeconds(90), Duration.ofSeconds(90));
    }

    static NbdOptions of(Path socket, Duration timeout, Duration reconnect) {
        return new NbdOptions(
                Optional.of(socket),
                Optional.empty(),
                1,
                Optional.empty(),
                false,
                Optional.empty(),
                timeout,
                reconnect);
    }
}
