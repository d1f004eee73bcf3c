package dev.backplane.network.user.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Which name server the host asks: the first in its configuration, which is read again now and then, since hosts move. */
final class Resolver {
    static final Path CONFIGURATION = Path.of("/etc/resolv.conf");
    private static final int MOST_BYTES = 64 << 10;
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Optional<Address> fixed;
    private final Path configuration;
    private final LongSupplier clock;
    private @Nullable Address found;
    private long readAt;
    private boolean read;

    /** Uses a fixed server, or else the first of a configuration file (resolv.conf(5)). */
    Resolver(Optional<Address> fixed, Path configuration, LongSupplier clock) {
        this.fixed = fixed;
        this.configuration = configuration;
        this.clock = clock;
    }

    /** The server's address, or null where the host has none. */
    @Nullable
    Address server() {
        if (fixed.isPresent()) {
            return fixed.get();
        }
        long now = clock.getAsLong();
        if (!read || now - readAt > FRESH_NANOS) {
            read = true;
            readAt = now;
            found = read();
        }
        return found;
    }

    private @Nullable Address read() {
        try (var in = Files.newInputStream(configuration)) {
            String text = new String(in.readNBytes(MOST_BYTES), StandardCharsets.UTF_8);
            for (String line : text.split("\n", -1)) {
                String[] words = line.strip().split("\\s+", 3);
                if (words.length >= 2 && words[0].equals("nameserver")) {
                    // A scope names an interface of the host; such servers are on its own link.
                    if (words[1].indexOf('%') < 0) {
                        return Address.parse(words[1]);
                    }
                }
            }
        } catch (IOException | IllegalArgumentException unreadable) {
            return null;
        }
        return null;
    }
}
