package dev.backplane.console.socket.internal;

import dev.backplane.api.part.ConfigurationException;
import java.io.IOException;
import java.net.ConnectException;
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

/** Opens a listening socket in the file system. */
final class UnixSocket {
    /** Of {@code sun_path}, less its terminator, unix(7). */
    private static final int MAX_PATH_BYTES = 107;

    // Kinds of files, inode(7).
    private static final int S_IFMT = 0xf000;
    private static final int S_IFSOCK = 0xc000;

    private UnixSocket() {}

    /** Listens at the path, in place of a socket that a process which is gone left there. Only this user may connect. */
    static ServerSocketChannel listen(Path path) throws ConfigurationException {
        int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > MAX_PATH_BYTES) {
            throw new ConfigurationException("path: " + path + " has " + length + " bytes: a socket's name has at most "
                    + MAX_PATH_BYTES + "; choose a folder nearer to the root");
        }
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
        removeStale(path, address);
        try {
            return bind(path, address);
        } catch (IOException e) {
            String reason = Files.isDirectory(path.toAbsolutePath().getParent())
                    ? e.getMessage()
                    : "its folder does not exist; make it first";
            throw new ConfigurationException("path: " + path + " cannot be made: " + reason, e);
        }
    }

    private static ServerSocketChannel bind(Path path, UnixDomainSocketAddress address) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            listener.bind(address);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            listener.configureBlocking(false);
            return listener;
        } catch (IOException e) {
            listener.close();
            throw e;
        }
    }

    private static void removeStale(Path path, UnixDomainSocketAddress address) throws ConfigurationException {
        try {
            int mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            if ((mode & S_IFMT) != S_IFSOCK) {
                throw new ConfigurationException(
                        "path: " + path + " is there already and no socket; choose another name");
            }
            if (isListening(address)) {
                throw new ConfigurationException(
                        "path: " + path + " is in use: another process listens there; choose another name");
            }
            Files.deleteIfExists(path);
        } catch (NoSuchFileException free) {
            // The usual case.
        } catch (IOException e) {
            throw new ConfigurationException("path: " + path + " is there already: " + e.getMessage(), e);
        }
    }

    private static boolean isListening(UnixDomainSocketAddress address) throws IOException {
        try (SocketChannel probe = SocketChannel.open(address)) {
            return probe.isConnected();
        } catch (ConnectException nobodyListens) {
            return false;
        }
    }
}
