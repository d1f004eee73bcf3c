package dev.backplane.machine.pc.internal.pci;

/** The PCI Express capability (PCI Express 5.0, 7.5.3): offsets from its begin, and its body for each kind of function. */
final class ExpressCapability {
    static final int SLOT_CAPABILITIES = 0x14;
    static final int SLOT_CONTROL = 0x18;
    static final int SLOT_STATUS = 0x1a;
    static final int LINK_STATUS = 0x12;

    static final int ENDPOINT = 0;
    static final int ROOT_PORT = 4;
    static final int INTEGRATED_ENDPOINT = 9;

    private static final int BYTES = 0x3c;
    private static final int VERSION = 2;
    private static final int DEVICE_CAPABILITIES = 0x04;
    private static final int LINK_CAPABILITIES = 0x0c;
    private static final int ROLE_BASED_ERRORS = 1 << 15;
    private static final int SLOT_IMPLEMENTED = 1 << 8;
    /** 2.5 GT/s, one lane. */
    private static final int LINK = 0x11;
    /** The link layer tells whether it is up (root ports with slots). */
    private static final int LINK_ACTIVE_REPORTING = 1 << 20;

    private static final int PORT_NUMBER_SHIFT = 24;

    private ExpressCapability() {}

    /** The bytes behind identifier and pointer. */
    static byte[] body(int type, int port, int slotCapabilities) {
        byte[] body = new byte[BYTES - 2];
        boolean root = type == ROOT_PORT;
        put(body, 2, 2, VERSION | type << 4 | (root ? SLOT_IMPLEMENTED : 0));
        put(body, DEVICE_CAPABILITIES, 4, ROLE_BASED_ERRORS);
        if (type != INTEGRATED_ENDPOINT) {
            put(body, LINK_CAPABILITIES, 4, LINK | (root ? LINK_ACTIVE_REPORTING : 0) | port << PORT_NUMBER_SHIFT);
            put(body, LINK_STATUS, 2, LINK);
        }
        if (root) {
            put(body, SLOT_CAPABILITIES, 4, slotCapabilities);
        }
        return body;
    }

    private static void put(byte[] body, int offset, int bytes, int value) {
        for (int i = 0; i < bytes; i++) {
            body[offset - 2 + i] = (byte) (value >>> 8 * i);
        }
    }
}
