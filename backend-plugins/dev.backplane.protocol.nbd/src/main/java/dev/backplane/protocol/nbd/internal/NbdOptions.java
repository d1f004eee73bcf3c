package dev.backplane.protocol.nbd.internal;

import dev.backplane.api.part.Option;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Which server, which of its exports, and how long to wait for it. */
public record NbdOptions(
        @Option("The server's Unix socket; this or host.") Optional<Path> socket,

        @Option("The server's name or address, for TCP; this or socket.")
        Optional<String> host,

        @Option(value = "The server's TCP port.", byDefault = "10809", min = 1, max = 65535)
        int port,

        @Option("The export's name; without it, the server's default.")
        Optional<String> export,

        @Option(value = "Every write fails.", byDefault = "false")
        boolean readOnly,

        @Option("TLS is used, and whom to trust; without it, the connection is plain.")
        Optional<NbdTlsOptions> tls,

        @Option(value = "A server that answers nothing for so long is taken for gone.", byDefault = "30s")
        Duration timeout,

        @Option(
                value = "A request fails when it could not be sent for so long, since the server was gone.",
                byDefault = "60s")
        Duration reconnect) {
    /** What people call it. */
    String name() {
        String server = socket.map(path -> "unix:" + path).orElseGet(() -> "%s:%d".formatted(host.orElse("?"), port));
        return "nbd " + server + export.map(name -> " \"" + name + "\"").orElse("");
    }
}
