package dev.backplane.network.stream.internal;

import dev.backplane.api.part.ConfigurationException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
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

/**
 * Where a stream is, as the options say it.
 *
 * @param address the address
 * @param path the Unix socket, or null
 */
record Endpoint(
        SocketAddress address,
        @org.jspecify.annotations.Nullable Path path) {
    /** Of {@code sun_path}, less its terminator, unix(7). */
    private static final int MAX_PATH_BYTES = 107;

    // Kinds of files, inode(7).
    private static final int S_IFMT = 0xf000;
    private static final int S_IFSOCK = 0xc000;

    static Endpoint of(StreamOptions options) throws ConfigurationException {
        if (options.path().isPresent() == (options.port() != 0)) {
            throw new ConfigurationException("path or port: expected one of them");
        }
        if (options.path().isEmpty()) {
            InetSocketAddress address = new InetSocketAddress(options.host(), options.port());
            if (address.isUnresolved()) {
                throw new ConfigurationException("host: \"%s\" is not known here".formatted(options.host()));
            }
            return new Endpoint(address, null);
        }
        Path path = options.path().get();
        int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > MAX_PATH_BYTES) {
            throw new ConfigurationException(
                    "path: %s has %d bytes: a socket's name has at most %d; choose a folder nearer to the root"
                            .formatted(path, length, MAX_PATH_BYTES));
        }
        return new Endpoint(UnixDomainSocketAddress.of(path), path);
    }

    /** A socket that has begun to connect. */
    SocketChannel call() throws IOException {
        SocketChannel channel = path == null ? SocketChannel.open() : SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.configureBlocking(false);
            channel.connect(address);
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Listens, in place of a socket that a process which is gone left there. Only this user may connect to a path. */
    ServerSocketChannel listen() throws ConfigurationException {
        try {
            if (path != null) {
                removeStale(path);
            }
            ServerSocketChannel listener =
                    path == null ? ServerSocketChannel.open() : ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                listener.bind(address);
                if (path != null) {
                    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
                }
                listener.configureBlocking(false);
                return listener;
            } catch (IOException | RuntimeException e) {
                listener.close();
                throw e;
            }
        } catch (IOException e) {
            throw new ConfigurationException("%s: cannot listen there: %s".formatted(this, e.getMessage()), e);
        }
    }

    private void removeStale(Path at) throws IOException, ConfigurationException {
        try {
            int mode = (Integer) Files.getAttribute(at, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            if ((mode & S_IFMT) != S_IFSOCK) {
                throw new ConfigurationException(
                        "path: %s is there already and no socket; choose another name".formatted(at));
            }
            try (SocketChannel probe = SocketChannel.open(address)) {
                throw new ConfigurationException(
                        "path: %s is in use: another process listens at %s; choose another name"
                                .formatted(at, probe.getRemoteAddress()));
            } catch (ConnectException nobodyListens) {
                Files.deleteIfExists(at);
            }
        } catch (NoSuchFileException free) {
            // The usual case.
        }
    }

    @Override
    public String toString() {
        return path == null ? address.toString() : path.toString();
    }
}
