package dev.backplane.network.user.internal;

import java.net.InetSocketAddress;

/**
 * A port of the host that leads to one of the guest.
 *
 * @param protocol which
 * @param host where the host listens
 * @param guest the guest's address
 * @param guestPort the guest's port
 */
record Forward(Protocol protocol, InetSocketAddress host, Address guest, int guestPort) {
    /** What can be forwarded. */
    enum Protocol {
        /** Connections. */
        TCP,
        /** Datagrams. */
        UDP
    }

    /** What the bay calls its socket. */
    String key() {
        return (protocol == Protocol.TCP ? "tcp " : "udp ") + host.getAddress().getHostAddress() + " port "
                + host.getPort();
    }
}
