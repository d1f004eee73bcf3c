package dev.backplane.nbd.internal;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** A listening socket. One in the file system is only for this user, and goes when it is closed. */
public final class Listener {
    /** Of {@code sun_path}, less its terminator, unix(7). */
    private static final int MAX_PATH_BYTES = 107;

    // Kinds of files, inode(7).
    private static final int S_IFMT = 0xf000;
    private static final int S_IFSOCK = 0xc000;

    private final ServerSocketChannel channel;
    private final SocketAddress address;

    private Listener(ServerSocketChannel channel, SocketAddress address) {
        this.channel = channel;
        this.address = address;
    }

    /**
     * Listens, in place of a socket that a process which is gone left there.
     *
     * @param address where
     * @return the socket, which does not block
     * @throws IOException when nobody can listen there; the message says why
     */
    public static Listener open(SocketAddress address) throws IOException {
        if (address instanceof UnixDomainSocketAddress local) {
            checkFree(local);
            return bind(ServerSocketChannel.open(StandardProtocolFamily.UNIX), local);
        }
        if (address instanceof InetSocketAddress network && network.isUnresolved()) {
            throw new IOException(network.getHostString() + ": there is no such host");
        }
        ServerSocketChannel channel = ServerSocketChannel.open();
        channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        return bind(channel, address);
    }

    private static Listener bind(ServerSocketChannel channel, SocketAddress address) throws IOException {
        try {
            channel.bind(address);
            if (address instanceof UnixDomainSocketAddress local) {
                Files.setPosixFilePermissions(local.getPath(), PosixFilePermissions.fromString("rw-------"));
            }
            channel.configureBlocking(false);
            return new Listener(channel, channel.getLocalAddress());
        } catch (IOException e) {
            channel.close();
            throw new IOException("cannot listen at %s: %s".formatted(address, reason(address, e)), e);
        }
    }

    private static String reason(SocketAddress address, IOException e) {
        boolean homeless = address instanceof UnixDomainSocketAddress local
                && !Files.isDirectory(local.getPath().toAbsolutePath().getParent());
        return homeless ? "its folder does not exist; make it first" : String.valueOf(e.getMessage());
    }

    private static void checkFree(UnixDomainSocketAddress address) throws IOException {
        Path path = address.getPath();
        int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > MAX_PATH_BYTES) {
            throw new IOException("%s has %d bytes: a socket's name has at most %d; choose a folder nearer to the root"
                    .formatted(path, length, MAX_PATH_BYTES));
        }
        try {
            int mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            if ((mode & S_IFMT) != S_IFSOCK) {
                throw new IOException(path + " is there already and no socket; choose another name");
            }
            if (isListening(address)) {
                throw new IOException(path + " is in use: another process listens there; choose another name");
            }
            Files.deleteIfExists(path);
        } catch (NoSuchFileException free) {
            // The usual case.
        }
    }

    private static boolean isListening(UnixDomainSocketAddress address) throws IOException {
        try (SocketChannel probe = SocketChannel.open(address)) {
            return probe.isConnected();
        } catch (ConnectException nobodyListens) {
            return false;
        }
    }

    /**
     * The socket.
     *
     * @return for a selector
     */
    public ServerSocketChannel channel() {
        return channel;
    }

    /**
     * Where it listens.
     *
     * @return with its port
     */
    public SocketAddress address() {
        return address;
    }

    /**
     * Takes the next client.
     *
     * @return a blocking socket, or null where there is none
     * @throws IOException when the client is gone
     */
    public @Nullable SocketChannel accept() throws IOException {
        SocketChannel client = channel.accept();
        if (client != null && address instanceof InetSocketAddress) {
            try {
                client.setOption(StandardSocketOptions.TCP_NODELAY, true);
                client.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            } catch (IOException e) {
                client.close();
                throw e;
            }
        }
        return client;
    }

    /**
     * Closes a client's socket.
     *
     * @param client it, if there is one
     */
    public static void close(@Nullable SocketChannel client) {
        if (client != null) {
            try {
                client.close();
            } catch (IOException e) {
                // It is closed, whatever the host has to say.
            }
        }
    }

    /** Nobody can connect any more. */
    public void close() {
        try {
            channel.close();
            if (address instanceof UnixDomainSocketAddress local) {
                Files.deleteIfExists(local.getPath());
            }
        } catch (IOException e) {
            System.getLogger(Listener.class.getName())
                    .log(System.Logger.Level.WARNING, "{0} is left over: {1}", address, e.getMessage());
        }
    }
}
