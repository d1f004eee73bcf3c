package dev.backplane.device.vmgenid.internal;

import dev.backplane.api.part.Option;
import java.util.Optional;

/** Where the identifier is, and what it is at first. */
public record GenerationOptions(
        @Option(
                value = "The page in which the identifier lies: a multiple of 4096, no RAM.",
                byDefault = "0xfef00000",
                max = 0xf_ffff_ffff_f000L)
        long address,

        @Option(
                value = "The interrupt by which the firmware notifies the guest; no other device's.",
                byDefault = "10",
                min = 3,
                max = 15)
        int line,

        @Option("The first identifier, as a GUID is written; a random one where there is none.")
        Optional<String> identifier) {}
