package dev.backplane.device.virtio.console.internal;

import dev.backplane.api.device.virtio.VirtioState;
import dev.backplane.api.state.StateVersion;
import java.util.List;

/**
 * Where driver and device have got to.
 *
 * @param driverReady whether the driver has said that it wants to hear of ports
 * @param ports the ports, in their order
 * @param virtio the transport's state
 */
@StateVersion(
        schema = "virtio-console",
        writes = 1,
        reads = {1})
public record ConsoleState(boolean driverReady, List<PortState> ports, VirtioState virtio) {
    /** Copies the list. */
    public ConsoleState {
        ports = List.copyOf(ports);
    }

    /**
     * One port.
     *
     * @param known whether the driver has been told that it is there
     * @param ready whether the driver has said that it can be used
     * @param open whether somebody in the guest has it open
     * @param owed what the driver is still to be told, one bit a message
     * @param output what the guest has sent and the console has not taken
     * @param input what has arrived and the guest has not got
     */
    public record PortState(boolean known, boolean ready, boolean open, int owed, byte[] output, byte[] input) {
        static final PortState POWER_ON = new PortState(false, false, false, 0, new byte[0], new byte[0]);
    }
}
