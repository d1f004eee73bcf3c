package dev.backplane.device.virtio.console.internal;

/** Numbers of the specification (virtio 1.2, 5.3). */
final class ConsoleLayout {
    static final int DEVICE_ID = 3;

    // Features (5.3.3).
    static final int F_SIZE = 0;
    static final int F_MULTIPORT = 1;
    static final int F_EMERG_WRITE = 2;

    // The configuration (5.3.4).
    static final int COLS = 0;
    static final int ROWS = 2;
    static final int MAX_NR_PORTS = 4;
    static final int EMERG_WR = 8;
    static final int CONFIGURATION_BYTES = 12;

    // Queues (5.3.2): two of the first port, two for control, two of each other port.
    static final int CONTROL_RECEIVE = 2;
    static final int CONTROL_TRANSMIT = 3;

    // A control message (5.3.6.2): a port's number, an event, a value.
    static final int MESSAGE_BYTES = 8;
    static final int DEVICE_READY = 0;
    static final int PORT_ADD = 1;
    static final int PORT_REMOVE = 2;
    static final int PORT_READY = 3;
    static final int CONSOLE_PORT = 4;
    static final int RESIZE = 5;
    static final int PORT_OPEN = 6;
    static final int PORT_NAME = 7;

    private ConsoleLayout() {}

    /** The queue on which a port receives, from the driver's point of view. */
    static int receiveQueue(int port) {
        return port == 0 ? 0 : 2 * port + 2;
    }

    /** The port of a queue that is not one of the control queues. */
    static int portOf(int queue) {
        return queue < CONTROL_RECEIVE ? 0 : queue / 2 - 1;
    }

    static boolean isReceive(int queue) {
        return (queue & 1) == 0;
    }
}
