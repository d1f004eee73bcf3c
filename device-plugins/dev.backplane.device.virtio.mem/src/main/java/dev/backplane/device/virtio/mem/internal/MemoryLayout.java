package dev.backplane.device.virtio.mem.internal;

/** Numbers of the specification (virtio 1.2, 5.15). */
final class MemoryLayout {
    static final int DEVICE_ID = 24;

    // Features (5.15.3).
    static final int F_UNPLUGGED_INACCESSIBLE = 1;

    // The configuration (5.15.4), 64 bits each.
    static final int BLOCK_SIZE = 0;
    static final int ADDR = 16;
    static final int REGION_SIZE = 24;
    static final int USABLE_REGION_SIZE = 32;
    static final int PLUGGED_SIZE = 40;
    static final int REQUESTED_SIZE = 48;
    static final int CONFIGURATION_BYTES = 56;

    // A request (5.15.6): its type, and behind six bytes address and number of blocks.
    static final int REQUEST_ADDR = 8;
    static final int REQUEST_BLOCKS = 16;
    static final int REQUEST_BYTES = 24;

    static final int PLUG = 0;
    static final int UNPLUG = 1;
    static final int UNPLUG_ALL = 2;
    static final int STATE = 3;

    // A response: its type, and behind six bytes the state that was asked for.
    static final int RESPONSE_STATE = 8;
    static final int RESPONSE_BYTES = 10;

    static final int ACK = 0;
    static final int NACK = 1;
    static final int ERROR = 3;

    static final int STATE_PLUGGED = 0;
    static final int STATE_UNPLUGGED = 1;
    static final int STATE_MIXED = 2;

    private MemoryLayout() {}
}
