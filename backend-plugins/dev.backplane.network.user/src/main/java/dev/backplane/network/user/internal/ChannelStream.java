package dev.backplane.network.user.internal;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** A connection's socket. */
final class ChannelStream implements HostStream, Ready {
    private final HostSockets sockets;
    private final SocketChannel channel;
    private final long number;
    private @Nullable SelectionKey key;
    private @Nullable TcpConnection owner;

    ChannelStream(HostSockets sockets, SocketChannel channel, long number) {
        this.sockets = sockets;
        this.channel = channel;
        this.number = number;
    }

    /** Begins to connect; the owner is told how that ends. */
    void connect(InetSocketAddress target, TcpConnection connection) throws IOException {
        owner = connection;
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        boolean done = channel.connect(target);
        // A connection that is there at once is told of like any other, by the poller: the socket is writable.
        register(done ? SelectionKey.OP_WRITE : SelectionKey.OP_CONNECT);
    }

    @Override
    public void own(TcpConnection connection) throws IOException {
        owner = connection;
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        register(0);
    }

    InetSocketAddress remote() throws IOException {
        return (InetSocketAddress) channel.getRemoteAddress();
    }

    private void register(int operations) throws IOException {
        key = sockets.poller().register(channel, operations, this);
    }

    @Override
    public void ready(int operations) {
        TcpConnection connection = owner;
        if (connection == null) {
            return;
        }
        if (connection.stage() == TcpConnection.Stage.CONNECTING) {
            finishConnecting(connection);
            return;
        }
        if ((operations & SelectionKey.OP_READ) != 0) {
            connection.readable();
        }
        if ((operations & SelectionKey.OP_WRITE) != 0) {
            connection.writable();
        }
    }

    private void finishConnecting(TcpConnection connection) {
        try {
            if (channel.finishConnect()) {
                connection.connected();
            }
        } catch (IOException e) {
            connection.refused(e);
        }
    }

    @Override
    public long number() {
        return number;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return channel.read(target);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        return channel.write(source);
    }

    @Override
    public void shutdownOutput() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public void await(boolean readable, boolean writable) {
        SelectionKey registered = key;
        int operations = (readable ? SelectionKey.OP_READ : 0) | (writable ? SelectionKey.OP_WRITE : 0);
        if (registered != null && registered.isValid() && registered.interestOps() != operations) {
            registered.interestOps(operations);
        }
    }

    @Override
    public void close() {
        sockets.release(number);
    }

    @Override
    public void reset() {
        try {
            if (channel.isConnected()) {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
        } catch (IOException gone) {
            // The other side has been faster.
        }
        close();
    }
}
