package dev.backplane.device.virtio.vsock.internal;

import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.part.ConfigurationException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
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

/** The host's sockets, which the bay holds: a successor in the same process finds them open. */
final class Sockets {
    private static final String LISTENER = "listener";
    private static final String CONNECTION = "connection-";

    /** A socket's name has 108 bytes with its end (unix(7)); a port and its line come behind the path. */
    private static final int LONGEST_PATH = 107 - "_4294967295".length();

    private static final int S_IFMT = 0170000;
    private static final int S_IFSOCK = 0140000;

    private final DeviceContext context;
    private final Path path;

    Sockets(DeviceContext context, Path path) {
        this.context = context;
        this.path = path;
    }

    /** The listening socket, opened where the bay has none. */
    ServerSocketChannel listener() throws ConfigurationException {
        return context.resource(LISTENER, ServerSocketChannel.class, this::listen);
    }

    private ServerSocketChannel listen() throws ConfigurationException {
        int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > LONGEST_PATH) {
            throw new ConfigurationException(
                    "path: %s has %d bytes: expected up to %d; choose a folder nearer to the root"
                            .formatted(path, length, LONGEST_PATH));
        }
        try {
            removeStale();
            ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                listener.bind(UnixDomainSocketAddress.of(path));
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
                listener.configureBlocking(false);
                return listener;
            } catch (IOException e) {
                listener.close();
                throw e;
            }
        } catch (IOException e) {
            throw new ConfigurationException("path: %s cannot be made: %s".formatted(path, e.getMessage()), e);
        }
    }

    /** A process that is gone leaves its socket behind; one that listens keeps it. */
    private void removeStale() throws IOException, ConfigurationException {
        int mode;
        try {
            mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException free) {
            return;
        }
        if ((mode & S_IFMT) != S_IFSOCK) {
            throw new ConfigurationException(
                    "path: %s is there already and no socket; choose another name".formatted(path));
        }
        if (isServed()) {
            throw new ConfigurationException(
                    "path: %s is in use: a process listens there; choose another name".formatted(path));
        }
        Files.deleteIfExists(path);
    }

    private boolean isServed() {
        try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            return probe.isConnected();
        } catch (IOException nobodyListens) {
            return false;
        }
    }

    /** Connects to the program that serves a port of the host's; null where there is none, or it is behind with accepting. */
    @Nullable
    SocketChannel connect(int port) {
        SocketChannel channel = null;
        try {
            channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            // Does not block: a Unix socket connects at once or not at all.
            channel.configureBlocking(false);
            if (channel.connect(UnixDomainSocketAddress.of(path + "_" + Integer.toUnsignedString(port)))) {
                return channel;
            }
        } catch (IOException nobody) {
            context.logger()
                    .log(
                            System.Logger.Level.DEBUG,
                            "nobody serves port {0}: {1}",
                            Integer.toUnsignedString(port),
                            nobody.getMessage());
        }
        closeQuietly(channel);
        return null;
    }

    static void closeQuietly(@Nullable SocketChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // There is nothing left to do with it.
            }
        }
    }

    /** Gives a connection's socket to the bay. */
    void keep(int id, SocketChannel channel) {
        try {
            context.resource(CONNECTION + id, SocketChannel.class, () -> channel);
        } catch (ConfigurationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A connection's socket, where the bay has it. */
    @Nullable
    SocketChannel kept(int id) {
        try {
            return context.resource(CONNECTION + id, SocketChannel.class, () -> {
                throw new IOException("it is not here");
            });
        } catch (ConfigurationException elsewhere) {
            return null;
        }
    }

    /** Closes a connection's socket. */
    void drop(int id) {
        context.release(CONNECTION + id);
    }

    /** Closes the listening socket and removes its name. */
    void close() {
        context.release(LISTENER);
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            context.logger().log(System.Logger.Level.WARNING, "{0} is left over: {1}", path, e.getMessage());
        }
    }
}
