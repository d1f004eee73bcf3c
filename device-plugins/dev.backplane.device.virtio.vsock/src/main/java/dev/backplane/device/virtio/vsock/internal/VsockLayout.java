package dev.backplane.device.virtio.vsock.internal;

/** Numbers of the specification (virtio 1.2, 5.10). */
final class VsockLayout {
    static final int DEVICE_ID = 19;
    static final int F_STREAM = 0;
    static final int CONFIGURATION_BYTES = 8;

    // Queues (5.10.2), from the driver's point of view.
    static final int RECEIVE = 0;
    static final int TRANSMIT = 1;

    /** The host's address (5.10.4). */
    static final long HOST_CID = 2;

    static final int TYPE_STREAM = 1;

    // Operations (5.10.6).
    static final int REQUEST = 1;
    static final int RESPONSE = 2;
    static final int RST = 3;
    static final int SHUTDOWN = 4;
    static final int RW = 5;
    static final int CREDIT_UPDATE = 6;
    static final int CREDIT_REQUEST = 7;

    // Flags of SHUTDOWN (5.10.6.6): what its sender will not do any more.
    static final int NO_RECEIVE = 1;
    static final int NO_SEND = 2;

    private VsockLayout() {}
}
