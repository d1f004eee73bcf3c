package dev.backplane.device.virtio.vsock.internal;

import dev.backplane.api.device.virtio.VirtioState;
import dev.backplane.api.state.StateVersion;
import java.util.List;

/**
 * Where driver and device have got to.
 *
 * @param nextId the number of the next connection, which names its socket in the bay
 * @param nextPort the host's port of the next connection that a program of the host begins
 * @param refusals packets that are still to be refused, as headers
 * @param connections the connections
 * @param virtio the transport's state
 */
@StateVersion(
        schema = "virtio-vsock",
        writes = 1,
        reads = {1})
public record VsockState(
        int nextId, int nextPort, List<byte[]> refusals, List<ConnectionState> connections, VirtioState virtio) {
    /** Copies the lists. */
    public VsockState {
        refusals = List.copyOf(refusals);
        connections = List.copyOf(connections);
    }

    /**
     * One connection.
     *
     * @param id names its socket in the bay
     * @param phase 0 a program of the host's has not said yet what it wants, 1 the guest is asked, 2 connected
     * @param hostPort the host's port
     * @param guestPort the guest's port
     * @param ended what has ended, one bit each
     * @param owed what the guest is still to be told, one bit each
     * @param guestRoom how many bytes the guest's buffer holds
     * @param guestForwarded how many bytes have left it
     * @param sent how many bytes the guest has been sent
     * @param forwarded how many bytes the host's program has been given
     * @param reported what the guest has last been told of that
     * @param ahead what the host's program has sent before it was connected
     * @param toHost what it has not taken yet
     */
    public record ConnectionState(
            int id,
            int phase,
            int hostPort,
            int guestPort,
            int ended,
            int owed,
            int guestRoom,
            int guestForwarded,
            int sent,
            int forwarded,
            int reported,
            byte[] ahead,
            byte[] toHost) {}
}
