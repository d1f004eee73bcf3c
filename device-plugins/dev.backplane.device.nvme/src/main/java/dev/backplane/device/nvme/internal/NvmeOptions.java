package dev.backplane.device.nvme.internal;

import dev.backplane.api.part.Option;
import dev.backplane.api.storage.StorageRef;
import java.util.Optional;

/** Which disk, and how the guest sees it. */
public record NvmeOptions(
        @Option("The disk.") StorageRef disk,

        @Option(value = "Pairs of I/O queues.", byDefault = "4", min = 1, max = 64)
        int queues,

        @Option("The serial number that the guest reads, up to 20 characters.")
        Optional<String> serial,

        @Option(value = "Bytes of a logical block: 512 or 4096.", byDefault = "512", min = 512, max = 4096)
        int blockBytes,

        @Option(value = "The guest may not write.", byDefault = "false")
        boolean readOnly) {}
