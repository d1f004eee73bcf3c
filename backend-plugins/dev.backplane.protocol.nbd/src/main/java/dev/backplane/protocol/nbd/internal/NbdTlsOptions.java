package dev.backplane.protocol.nbd.internal;

import dev.backplane.api.part.Option;
import java.nio.file.Path;
import java.util.Optional;

/** Whom to trust. */
public record NbdTlsOptions(
        @Option("A folder with ca-cert.pem, and client-cert.pem and client-key.pem where the server wants to see them.")
        Path folder,

        @Option("The name in the server's certificate; without it, that of the option host.")
        Optional<String> name) {}
