package dev.backplane.device.virtio.balloon.internal;

import java.util.List;

/** Numbers of the specification (virtio 1.2, 5.5). */
final class BalloonLayout {
    static final int DEVICE_ID = 5;

    // Features (5.5.3).
    static final int F_STATS_VQ = 1;
    static final int F_DEFLATE_ON_OOM = 2;
    static final int F_REPORTING = 5;

    // The configuration (5.5.4).
    static final int NUM_PAGES = 0;
    static final int ACTUAL = 4;
    static final int CONFIGURATION_BYTES = 8;

    // Queues (5.5.2). Those of features that are not negotiated take no number.
    static final int INFLATE = 0;
    static final int DEFLATE = 1;
    static final int FIRST_OPTIONAL = 2;

    /** The balloon's pages, whatever the guest's and the host's are (5.5.6). */
    static final int PAGE_SHIFT = 12;

    static final int PAGE_BYTES = 1 << PAGE_SHIFT;
    static final int PFN_BYTES = 4;

    /** A statistic: a tag of 16 bits, a value of 64 (5.5.6.3). */
    static final int STATISTIC_BYTES = 10;

    /** What the tags say, by their number. */
    static final List<String> STATISTICS = List.of(
            "swap-in-bytes",
            "swap-out-bytes",
            "major-faults",
            "minor-faults",
            "free-bytes",
            "total-bytes",
            "available-bytes",
            "cache-bytes",
            "huge-page-allocations",
            "huge-page-failures");

    private BalloonLayout() {}
}
