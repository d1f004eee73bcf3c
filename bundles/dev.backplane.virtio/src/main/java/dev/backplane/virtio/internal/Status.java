package dev.backplane.virtio.internal;

/** The bits of the device status (2.1). */
final class Status {
    static final int DRIVER_OK = 4;
    static final int FEATURES_OK = 8;
    static final int NEEDS_RESET = 64;
    static final int FAILED = 128;

    private Status() {}
}
