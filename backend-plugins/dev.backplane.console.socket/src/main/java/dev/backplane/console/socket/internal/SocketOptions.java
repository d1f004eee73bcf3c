package dev.backplane.console.socket.internal;

import dev.backplane.api.part.Option;
import java.nio.file.Path;

/** Where the socket is, and how much it remembers. */
public record SocketOptions(
        @Option("The Unix socket that clients connect to, one at a time; made and removed by the console.")
        Path path,

        @Option(
                value =
                        "How much of the guest's latest output is kept while no client is connected; the next one gets it.",
                byDefault = "64KiB",
                min = 1,
                max = 16 * 1024 * 1024,
                unit = Option.Unit.BYTES)
        int backlog) {}
