package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.part.Option;

/** What can be chosen for a new image. */
public record VmdkCreation(
        @Option(
                value =
                        "monolithicSparse: one file that grows; twoGbMaxExtentSparse: several; monolithicFlat, twoGbMaxExtentFlat: "
                                + "all of it is there, as it is, with a descriptor beside it; streamOptimized: grains are compressed, "
                                + "and written once.",
                byDefault = "monolithicSparse")
        String subformat,

        @Option(value = "What VMware plugs the disk into: ide, lsilogic, buslogic or legacyESX.", byDefault = "ide")
        String adapterType) {}
