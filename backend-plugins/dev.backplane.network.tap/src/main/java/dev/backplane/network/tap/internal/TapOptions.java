package dev.backplane.network.tap.internal;

import dev.backplane.api.part.Option;

/** Which interface. */
public record TapOptions(
        @Option(
                "The interface's name, up to 15 bytes. One that is there is used, else it is made, which needs CAP_NET_ADMIN.")
        String name,

        @Option(
                value = "The guest may leave checksums and segmentation to the host, and the other way round.",
                byDefault = "true")
        boolean offloads) {}
