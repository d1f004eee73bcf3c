package dev.backplane.device.virtio.console.internal;

import dev.backplane.api.console.Console;
import dev.backplane.api.console.ConsoleListener;
import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.virtio.VirtioDevice;
import dev.backplane.api.device.virtio.VirtioPort;
import dev.backplane.api.device.virtio.Virtqueue;
import dev.backplane.api.part.Configurable;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import java.util.ArrayList;
import java.util.List;

/**
 * Ports on consoles (virtio 1.2, 5.3). Queues and consoles call on several threads; everything happens under this object's monitor, and
 * nothing under it blocks.
 */
final class ConsoleDevice implements Device<ConsoleState>, VirtioDevice, Configurable<ConsoleOptions> {
    private final DeviceContext context;
    private final List<Port> ports = new ArrayList<>();
    private final Control control;
    private VirtioPort transport;
    private List<Virtqueue> queues = List.of();
    private boolean multiport;

    ConsoleDevice(
            ConsoleOptions options, DeviceContext context, boolean driverReady, List<ConsoleState.PortState> states) {
        this.context = context;
        control = new Control(ports, driverReady);
        for (int i = 0; i < states.size(); i++) {
            PortOptions port = options.ports().get(i);
            Console console = context.console(port.console());
            ports.add(new Port(console, port.name(), states.get(i)));
            console.listen(new Listener(i));
        }
        control.apply(options);
        ports.forEach(port -> port.assume(options.columns(), options.rows()));
    }

    /** Connects it. */
    ConsoleDevice on(VirtioPort port) {
        transport = port;
        return this;
    }

    @Override
    public void configure(ConsoleOptions options) {
        synchronized (this) {
            control.apply(options);
        }
        measure();
    }

    /** Looks how large the terminals are now, and tells the driver of what it does not know. */
    private void measure() {
        boolean resized;
        synchronized (this) {
            resized = control.measure();
            tell();
        }
        if (resized) {
            transport.configurationChanged();
        }
    }

    // The virtio device

    @Override
    public synchronized void activate(long features, List<Virtqueue> active) {
        multiport = (features >> ConsoleLayout.F_MULTIPORT & 1) != 0;
        queues = active;
    }

    /** No chain is kept beyond a call. */
    @Override
    public synchronized void deactivate(Deadline deadline) {
        queues = List.of();
    }

    @Override
    public synchronized void process(int number) {
        if (number == ConsoleLayout.CONTROL_TRANSMIT) {
            control.listen(queues.get(number));
            tell();
            // A port that has been opened may have something waiting.
            for (int port = 0; port < ports.size(); port++) {
                receive(port);
            }
        } else if (number == ConsoleLayout.CONTROL_RECEIVE) {
            tell();
        } else if (ConsoleLayout.isReceive(number)) {
            receive(ConsoleLayout.portOf(number));
        } else {
            transmit(ConsoleLayout.portOf(number));
        }
    }

    private void tell() {
        if (multiport && !queues.isEmpty()) {
            control.tell(queues.get(ConsoleLayout.CONTROL_RECEIVE));
        }
    }

    private void receive(int port) {
        if (!queues.isEmpty()) {
            ports.get(port).receive(queues.get(ConsoleLayout.receiveQueue(port)), multiport);
        }
    }

    private void transmit(int port) {
        if (queues.isEmpty()) {
            return;
        }
        long dropped = ports.get(port).transmit(queues.get(ConsoleLayout.receiveQueue(port) + 1));
        if (dropped > 0) {
            context.logger()
                    .log(System.Logger.Level.WARNING, "port {0}: {1} bytes in one buffer are too many", port, dropped);
        }
    }

    @Override
    public long readConfiguration(int offset, int width) {
        long value = 0;
        for (int i = 0; i < width; i++) {
            value |= (long) octet(offset + i) << 8 * i;
        }
        return value;
    }

    private int octet(int at) {
        if (at < ConsoleLayout.MAX_NR_PORTS) {
            return ports.getFirst().size() >>> 8 * at & 0xff;
        }
        return at == ConsoleLayout.MAX_NR_PORTS ? ports.size() : 0;
    }

    @Override
    public synchronized void writeConfiguration(int offset, int width, long value) {
        if (offset == ConsoleLayout.EMERG_WR) {
            ports.getFirst().emergency((byte) value);
        }
    }

    // The part

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        transport.quiesce(deadline);
    }

    @Override
    public synchronized ConsoleState save() {
        return new ConsoleState(
                control.driverReady(), ports.stream().map(Port::save).toList(), transport.save());
    }

    @Override
    public void resume(Resumption why) {
        synchronized (this) {
            ports.forEach(Port::drain);
        }
        transport.resume();
        measure();
    }

    @Override
    public synchronized void reset(ResetKind kind) {
        ports.forEach(Port::reset);
        control.reset();
        transport.reset();
    }

    @Override
    public void close() {
        transport.close();
    }

    /** Hears one port's console. */
    private final class Listener implements ConsoleListener {
        private final int port;

        Listener(int port) {
            this.port = port;
        }

        @Override
        public void readable() {
            synchronized (ConsoleDevice.this) {
                receive(port);
            }
        }

        @Override
        public void writable() {
            synchronized (ConsoleDevice.this) {
                if (ports.get(port).drain()) {
                    transmit(port);
                }
            }
        }

        @Override
        public void resized() {
            measure();
        }
    }
}
