package dev.backplane.network.user.internal;

import dev.backplane.api.state.StateException;
import dev.backplane.api.state.StateVersion;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the network knows of its guest, and what is on its way. Sockets stay with the bay; a connection whose socket is not
 * there, since this is another process, is reset.
 *
 * @param leases addresses given by DHCP, oldest first
 * @param neighbours where the guest's addresses are
 * @param connections of TCP
 * @param nextSocket the number of the next socket
 * @param fromGuest frames that were not yet looked at
 * @param toGuest frames that the device has not taken
 */
@StateVersion(
        schema = "network-user",
        writes = 2,
        reads = {1, 2})
public record UserState(
        List<Lease> leases,
        List<Neighbour> neighbours,
        List<TcpState> connections,
        long nextSocket,
        byte[] fromGuest,
        byte[] toGuest) {

    /**
     * Who has an address.
     *
     * @param mac an Ethernet address
     * @param address the IPv4 address
     */
    public record Lease(long mac, int address) {}

    /**
     * Where an address of the guest is.
     *
     * @param high the address
     * @param low the address
     * @param mac its Ethernet address
     */
    public record Neighbour(long high, long low, long mac) {}

    /** Version 1 did not say how long a connection that is over is still known: its end began anew with each successor. */
    public static Map<String, Object> upgrade(int version, Map<String, Object> fields) {
        Map<String, Object> now = new HashMap<>(fields);
        if (fields.get("connections") instanceof List<?> connections) {
            now.put("connections", connections.stream().map(UserState::withEnd).toList());
        }
        return now;
    }

    private static Object withEnd(Object connection) {
        if (!(connection instanceof Map<?, ?> fields)) {
            return connection;
        }
        Map<Object, Object> now = new HashMap<>(fields);
        long left = switch (String.valueOf(fields.get("stage"))) {
            case "TIME_WAIT" -> TcpConnection.LINGER_MILLIS;
            case "CLOSED" -> TcpConnection.DRAIN_MILLIS;
            default -> 0;
        };
        now.put("leftMillis", left);
        return now;
    }

    static UserState empty() {
        return new UserState(List.of(), List.of(), List.of(), 0, new byte[0], new byte[0]);
    }

    /** Refuses what no network of ours has saved. The frames are checked by their queues. */
    void check(int mostConnections) throws StateException {
        require("leases", leases.size(), Dhcp.MOST_LEASES);
        require("neighbours", neighbours.size(), Neighbours.MOST);
        require("connections", connections.size(), mostConnections);
        for (TcpState connection : connections) {
            connection.check();
        }
    }

    private static void require(String what, int count, int most) throws StateException {
        if (count > most) {
            throw new StateException(what + ": " + count + ": expected at most " + most);
        }
    }
}
