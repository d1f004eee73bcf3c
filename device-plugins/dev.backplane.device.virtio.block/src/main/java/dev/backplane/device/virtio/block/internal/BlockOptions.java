package dev.backplane.device.virtio.block.internal;

import dev.backplane.api.part.Option;
import dev.backplane.api.storage.StorageRef;
import java.util.Optional;

/** Which disk, and how the guest sees it. */
public record BlockOptions(
        @Option("The disk.") StorageRef disk,

        @Option(value = "Request queues.", byDefault = "1", min = 1, max = 16)
        int queues,

        @Option("The serial number that the guest reads, up to 20 characters.")
        Optional<String> serial,

        @Option(value = "The guest may not write.", byDefault = "false")
        boolean readOnly) {}
