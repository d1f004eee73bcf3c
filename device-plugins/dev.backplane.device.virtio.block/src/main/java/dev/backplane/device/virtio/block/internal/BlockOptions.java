package dev.backplane.device.virtio.block.internal;

import dev.backplane.api.part.Live;
import dev.backplane.api.part.Option;
import dev.backplane.api.rate.RateLimit;
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
        boolean readOnly,

        @Option(
                value = "The unit in which the guest should count: a power of two.",
                byDefault = "512",
                min = 512,
                max = 4096,
                unit = Option.Unit.BYTES)
        int blockSize,

        @Option(
                value = "The unit that is written without reading: a power of two, at least blockSize.",
                byDefault = "4KiB",
                min = 512,
                max = 1 << 20,
                unit = Option.Unit.BYTES)
        int physicalBlockSize,

        @Option(
                value = "The disk grows to this length, when the machine starts or when the option is changed.",
                min = 512,
                unit = Option.Unit.BYTES)
        @Live
        Optional<Long> capacity,

        @Option("How fast it may be used: {operations, bytes}, both a second, and what may come at once after a rest.")
        @Live
        Optional<RateLimit> rateLimit,

        @Option(value = "Whether drivers may use packed rings.", byDefault = "true")
        boolean packed) {

    /** A disk with the defaults of the other options. */
    static BlockOptions of(StorageRef disk) {
        return new BlockOptions(disk, 1, Optional.empty(), false, 512, 4096, Optional.empty(), Optional.empty(), true);
    }
}
