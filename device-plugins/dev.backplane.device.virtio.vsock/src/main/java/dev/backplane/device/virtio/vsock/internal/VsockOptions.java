package dev.backplane.device.virtio.vsock.internal;

import dev.backplane.api.part.Option;
import java.nio.file.Path;

/** Where programs of the host meet the guest, and how much is held between them. */
public record VsockOptions(
        @Option(
                value =
                        "The Unix socket to which programs of the host connect; made and removed by the device. A guest's connection to"
                                + " port P goes to the socket of this name with _P behind it.")
        Path path,

        @Option(value = "The guest's address.", byDefault = "3", min = 3, max = 0xffff_fffeL)
        long cid,

        @Option(
                value = "How much of a connection's bytes is held for a program that does not read.",
                byDefault = "64KiB",
                min = 4096,
                max = 1 << 20,
                unit = Option.Unit.BYTES)
        int buffer,

        @Option(value = "How many connections there may be at once.", byDefault = "256", min = 1, max = 1024)
        int connections) {}
