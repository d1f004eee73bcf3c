package dev.backplane.network.user.internal;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import org.jspecify.annotations.Nullable;

/** Datagrams between a port of the guest and another one's. */
final class UdpFlow extends Flow {
    final DatagramChannel channel;
    /** To whom the guest's datagrams go. */
    final InetSocketAddress host;
    /** The socket's registration, where the socket is this flow's own. */
    @Nullable
    SelectionKey key;

    private boolean connected = true;

    UdpFlow(Address guest, int guestPort, Address peer, int peerPort, DatagramChannel channel, InetSocketAddress host) {
        super(guest, guestPort, peer, peerPort);
        this.channel = channel;
        this.host = host;
    }

    boolean isOpen() {
        return channel.isOpen();
    }

    /** Sends a datagram of the guest. Where the host has no room for it, it is lost. */
    void send(ByteBuffer datagram) throws IOException {
        if (key != null && connected && datagram.hasRemaining()) {
            channel.write(datagram);
            return;
        }
        if (key != null && connected) {
            // A channel that is connected sends nothing where there are no bytes; and connecting it again would throw
            // an
            // answer away.
            channel.disconnect();
            connected = false;
        }
        channel.send(datagram, host);
    }

    /** Whether a datagram that has arrived is the other side's: without a connection, anybody's arrive. */
    boolean isFrom(SocketAddress sender) {
        return connected || host.equals(sender);
    }
}
