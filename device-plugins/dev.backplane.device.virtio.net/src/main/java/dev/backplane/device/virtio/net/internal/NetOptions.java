package dev.backplane.device.virtio.net.internal;

import dev.backplane.api.network.NetworkRef;
import dev.backplane.api.part.Live;
import dev.backplane.api.part.Option;
import dev.backplane.api.rate.RateLimit;
import java.util.Optional;

/** Which network, and how the guest sees it. */
public record NetOptions(
        @Option(value = "The network.", byDefault = "user") NetworkRef network,

        @Option(
                "The Ethernet address, as 52:54:00:12:34:56; made from the names of machine and device where none is given.")
        Optional<String> mac,

        @Option(value = "Pairs of queues.", byDefault = "1", min = 1, max = 16)
        int queues,

        @Option(
                value = "The longest packet that the guest is to send, at least 1280; 0 is the network's.",
                byDefault = "0",
                max = 65535)
        int mtu,

        @Option(value = "The guest may leave checksums and segmentation to the network.", byDefault = "true")
        boolean offloads,

        @Live @Option("How fast the guest may send.") Optional<RateLimit> sendLimit,

        @Live @Option("How fast the guest may receive.") Optional<RateLimit> receiveLimit) {
    /** A device with one pair of queues, and no limit. */
    static NetOptions on(NetworkRef network) {
        return new NetOptions(network, Optional.empty(), 1, 0, true, Optional.empty(), Optional.empty());
    }
}
