package dev.backplane.device.virtio.console.internal;

import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.virtio.DriverRing;
import dev.backplane.testkit.virtio.VirtioDriver;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** A driver that knows of ports: it speaks the control queues as text, for instance {@code "1 add"}. */
final class PortDriver {
    private static final String[] EVENTS = {
        "device-ready", "add", "remove", "ready", "console", "resize", "open", "name"
    };
    private static final int ROOM = 128;

    final VirtioDriver virtio;

    PortDriver(DeviceBench<?, ?> bench) {
        virtio = new VirtioDriver(bench).start(1 << ConsoleLayout.F_MULTIPORT | 1 << ConsoleLayout.F_SIZE);
        listen(16);
    }

    /** Gives buffers for messages. */
    void listen(int buffers) {
        for (int i = 0; i < buffers; i++) {
            control().add(new byte[0], ROOM);
        }
        virtio.notify(ConsoleLayout.CONTROL_RECEIVE);
    }

    private DriverRing control() {
        return virtio.ring(ConsoleLayout.CONTROL_RECEIVE);
    }

    static byte[] message(int port, int event, int value) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(port)
                .putShort((short) event)
                .putShort((short) value)
                .array();
    }

    /** Sends a message and waits until the device has it. */
    void say(int port, int event, int value) {
        say(message(port, event, value));
    }

    void say(byte[] message) {
        virtio.ring(ConsoleLayout.CONTROL_TRANSMIT).add(message, 0);
        virtio.notify(ConsoleLayout.CONTROL_TRANSMIT);
        virtio.ring(ConsoleLayout.CONTROL_TRANSMIT).await();
    }

    /** The next message of the device's. */
    String hear() {
        ByteBuffer message = ByteBuffer.wrap(control().await()).order(ByteOrder.LITTLE_ENDIAN);
        String text = message.getInt() + " " + EVENTS[message.getShort()];
        text += message.getShort() == 1 ? "" : " no";
        byte[] rest = new byte[message.remaining()];
        message.get(rest);
        if (text.contains("resize")) {
            return text + " " + rest[0] + " columns " + rest[2] + " rows";
        }
        return rest.length == 0 ? text : text + " " + new String(rest, StandardCharsets.US_ASCII);
    }

    boolean hears() {
        return control().waiting() > 0;
    }

    /** Begins, takes every port, and opens all. */
    void begin(int ports) {
        say(0, ConsoleLayout.DEVICE_READY, 1);
        for (int i = 0; i < ports; i++) {
            hear();
        }
        for (int i = 0; i < ports; i++) {
            open(i);
        }
    }

    /** Takes a port that was added, and opens it. */
    void open(int port) {
        say(port, ConsoleLayout.PORT_READY, 1);
        while (!hear().endsWith(" open")) {
            // What it is.
        }
        say(port, ConsoleLayout.PORT_OPEN, 1);
    }

    void send(int port, byte[] bytes) {
        int queue = ConsoleLayout.receiveQueue(port) + 1;
        virtio.ring(queue).add(bytes, 0);
        virtio.notify(queue);
    }

    /** Gives a buffer for what arrives. */
    DriverRing room(int port, int bytes) {
        int queue = ConsoleLayout.receiveQueue(port);
        virtio.ring(queue).add(new byte[0], bytes);
        virtio.notify(queue);
        return virtio.ring(queue);
    }
}
