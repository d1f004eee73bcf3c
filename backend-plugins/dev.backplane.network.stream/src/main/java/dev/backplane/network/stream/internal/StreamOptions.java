package dev.backplane.network.stream.internal;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.FrameQueue;
import dev.backplane.api.part.Option;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Where the far end is, and who calls whom. */
public record StreamOptions(
        @Option("The Unix socket of the far end; either this or a port.")
        Optional<Path> path,

        @Option(
                value = "The far end's host, for TCP; where this side listens, its own address.",
                byDefault = "127.0.0.1")
        String host,

        @Option(value = "The TCP port; 0 is none.", byDefault = "0", max = 65535)
        int port,

        @Option(value = "Listen, one far end at a time, and do not call.", byDefault = "false")
        boolean server,

        @Option(value = "How long to wait before the far end is called again.", byDefault = "1s")
        Duration reconnect,

        @Option(value = "The longest packet, without its Ethernet header.", byDefault = "1500", min = 1280, max = 65535)
        int mtu,

        @Option(
                value = "How much waits in each direction; then the sender has to.",
                byDefault = "256KiB",
                min = Frame.MOST_BYTES + FrameQueue.RECORD_BYTES,
                max = 64 * 1024 * 1024,
                unit = Option.Unit.BYTES)
        int queue) {}
