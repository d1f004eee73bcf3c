package dev.backplane.device.virtio.net.internal;

/** Numbers of network devices (virtio 1.2, 5.1). */
final class NetLayout {
    static final int DEVICE_ID = 1;

    // Feature bits (5.1.3).
    static final int F_CSUM = 0;
    static final int F_GUEST_CSUM = 1;
    static final int F_CTRL_GUEST_OFFLOADS = 2;
    static final int F_MTU = 3;
    static final int F_MAC = 5;
    static final int F_GUEST_TSO4 = 7;
    static final int F_GUEST_TSO6 = 8;
    static final int F_GUEST_ECN = 9;
    static final int F_HOST_TSO4 = 11;
    static final int F_HOST_TSO6 = 12;
    static final int F_HOST_ECN = 13;
    static final int F_MRG_RXBUF = 15;
    static final int F_STATUS = 16;
    static final int F_CTRL_VQ = 17;
    static final int F_CTRL_RX = 18;
    static final int F_CTRL_VLAN = 19;
    static final int F_CTRL_RX_EXTRA = 20;
    static final int F_GUEST_ANNOUNCE = 21;
    static final int F_MQ = 22;
    static final int F_CTRL_MAC_ADDR = 23;

    // Configuration (5.1.4).
    static final int CONFIGURATION_BYTES = 12;
    static final int STATUS = 6;
    static final int MAX_PAIRS = 8;
    static final int MTU = 10;

    // Its status.
    static final int S_LINK_UP = 1;
    static final int S_ANNOUNCE = 2;

    static final int MAC_BYTES = 6;
    static final int VLANS = 4096;

    private NetLayout() {}
}
