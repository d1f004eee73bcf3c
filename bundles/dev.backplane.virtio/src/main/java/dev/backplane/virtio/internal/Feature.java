package dev.backplane.virtio.internal;

/** The transport's feature bits (chapter 6). */
final class Feature {
    static final long INDIRECT_DESC = 1L << 28;
    static final long EVENT_IDX = 1L << 29;
    static final long VERSION_1 = 1L << 32;
    static final long RING_PACKED = 1L << 34;
    static final long RING_RESET = 1L << 40;

    /** What every device here offers; {@link #RING_PACKED} beside it, unless the device's profile says otherwise. */
    static final long OFFERED = INDIRECT_DESC | EVENT_IDX | VERSION_1 | RING_RESET;

    private Feature() {}
}
