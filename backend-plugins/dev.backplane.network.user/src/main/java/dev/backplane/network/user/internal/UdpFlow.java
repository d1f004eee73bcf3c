package dev.backplane.network.user.internal;

import java.io.IOException;
import java.net.InetSocketAddress;
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
        if (key == null) {
            channel.send(datagram, host);
        } else if (datagram.hasRemaining()) {
            channel.write(datagram);
        } else {
            // A channel that is connected sends nothing where there are no bytes. What others send meanwhile is thrown
            // away.
            channel.disconnect();
            channel.send(datagram, host);
            channel.connect(host);
        }
    }
}
