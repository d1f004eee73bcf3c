package dev.backplane.network.vswitch.internal;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.FrameQueue;
import dev.backplane.api.part.Option;
import java.nio.file.Path;
import java.util.Optional;

/** Which switch, and what its port is like. */
public record SwitchOptions(
        @Option(
                value = "The switch's name: ports of one process with the same name are on one switch.",
                byDefault = "default")
        String name,

        @Option(
                value = "The longest packet, without its Ethernet header; the same for all ports of a switch.",
                byDefault = "1500",
                min = 1280,
                max = 65535)
        int mtu,

        @Option(
                value = "How much waits for a guest that is busy; what comes beyond that is lost.",
                byDefault = "1MiB",
                min = Frame.MOST_BYTES + FrameQueue.RECORD_BYTES,
                max = 64 * 1024 * 1024,
                unit = Option.Unit.BYTES)
        int queue,

        @Option("A file to which all frames of this port are written, in pcap format.")
        Optional<Path> capture,

        @Option("The hardware address by which the others know the guest, in place of its own: clones have the same.")
        Optional<String> address) {}
