package dev.backplane.device.virtio.console.internal;

import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.device.virtio.Virtqueue;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * The control queues (5.3.6.2). What the driver is to be told stands in the ports as bits, so that one that asks without listening has
 * nothing piled up for it. The device's monitor guards it.
 */
final class Control {
    private final List<Port> ports;
    private boolean driverReady;
    private int columns;
    private int rows;

    Control(List<Port> ports, boolean driverReady) {
        this.ports = ports;
        this.driverReady = driverReady;
    }

    boolean driverReady() {
        return driverReady;
    }

    /** Brings what the driver knows to what is so. */
    void apply(ConsoleOptions options) {
        for (int i = 0; i < ports.size(); i++) {
            ports.get(i).plug(options.plugged(i), driverReady);
        }
        columns = options.columns();
        rows = options.rows();
    }

    /** Looks how large the terminals are now; true where one has another size than before. */
    boolean measure() {
        boolean resized = false;
        for (Port port : ports) {
            resized |= port.measure(columns, rows);
        }
        return resized;
    }

    void reset() {
        driverReady = false;
    }

    /** Hears the driver. */
    void listen(Virtqueue queue) {
        byte[] bytes = new byte[ConsoleLayout.MESSAGE_BYTES];
        ByteBuffer message = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (DescriptorChain chain = queue.next(); chain != null; chain = queue.next()) {
            boolean whole = chain.readableBytes() >= bytes.length;
            if (whole) {
                chain.read(0, MemorySegment.ofArray(bytes));
            }
            queue.complete(chain, 0);
            if (whole) {
                hear(message.getInt(0), message.getShort(4), message.getShort(6) != 0);
            }
        }
    }

    /** Messages that a driver does not send, and ports that there are not, mean nothing. */
    private void hear(int port, int event, boolean yes) {
        if (event == ConsoleLayout.DEVICE_READY) {
            driverReady = yes;
            if (yes) {
                ports.forEach(Port::announce);
            }
        } else if (port >= 0 && port < ports.size()) {
            if (event == ConsoleLayout.PORT_READY && yes) {
                ports.get(port).becomeReady();
            } else if (event == ConsoleLayout.PORT_OPEN) {
                ports.get(port).setOpen(yes);
            }
        }
    }

    /** Tells the driver what it is to know, as far as it has given buffers. */
    void tell(Virtqueue queue) {
        for (int i = 0; i < ports.size(); i++) {
            Port port = ports.get(i);
            for (int owed = port.owes(); owed != 0; owed = port.owes()) {
                DescriptorChain chain = queue.next();
                if (chain == null) {
                    return;
                }
                byte[] message = message(i, port, owed);
                // Too small a buffer takes what it can, as a driver that is wrong about names would have it.
                int bytes = (int) Math.min(message.length, chain.writableBytes());
                chain.write(0, MemorySegment.ofArray(message).asSlice(0, bytes));
                port.told(owed);
                queue.complete(chain, bytes);
            }
        }
    }

    private byte[] message(int number, Port port, int owed) {
        return switch (owed) {
            case Port.ADD -> message(number, ConsoleLayout.PORT_ADD);
            case Port.REMOVE -> message(number, ConsoleLayout.PORT_REMOVE);
            case Port.CONSOLE -> message(number, ConsoleLayout.CONSOLE_PORT);
            case Port.NAME -> message(number, ConsoleLayout.PORT_NAME, port.name);
            case Port.SIZE -> message(number, ConsoleLayout.RESIZE, size(port));
            default -> message(number, ConsoleLayout.PORT_OPEN);
        };
    }

    /** Columns first (5.3.6.2); older kernels of Linux read it the other way round. */
    private static byte[] size(Port port) {
        return ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(port.size())
                .array();
    }

    private static byte[] message(int port, int event, byte... more) {
        return ByteBuffer.allocate(ConsoleLayout.MESSAGE_BYTES + more.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(port)
                .putShort((short) event)
                .putShort((short) 1)
                .put(more)
                .array();
    }
}
