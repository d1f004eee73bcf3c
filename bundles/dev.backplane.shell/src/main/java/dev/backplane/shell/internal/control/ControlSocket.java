package dev.backplane.shell.internal.control;

import dev.backplane.shell.command.CommandException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import jdk.net.ExtendedSocketOptions;

/**
 * The control socket: takes the requests of this process's own user, each on a virtual thread of its own.
 */
public final class ControlSocket implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ControlSocket.class.getName());

    /** More at a time than one user needs, and few enough to hold. */
    private static final int MOST = 256;

    /** After the host could not give a connection. */
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final Path path;
    private final ServerSocketChannel server;
    private final UserPrincipal owner;
    private final Handler handler;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

    /** Carries out what a client asks for. */
    @FunctionalInterface
    public interface Handler {
        /** On the request's own thread; gives the exit status. */
        int run(Connection connection) throws Exception;
    }

    private ControlSocket(Path path, ServerSocketChannel server, UserPrincipal owner, Handler handler) {
        this.path = path;
        this.server = server;
        this.owner = owner;
        this.handler = handler;
    }

    /** Where the socket is unless somebody says otherwise. */
    public static Path standard(Path state) {
        return ControlPath.standard(state);
    }

    /**
     * Opens the socket and begins to serve. A socket that nobody serves any more is taken over.
     *
     * @throws CommandException when somebody serves there, or something else is there
     */
    public static ControlSocket open(Path path, Handler handler) throws CommandException, IOException {
        Path folder = path.toAbsolutePath().getParent();
        makeFolder(folder);
        check(path);
        Path made = folder.resolve(
                "." + path.getFileName() + "." + ProcessHandle.current().pid());
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            Files.deleteIfExists(made);
            try {
                server.bind(UnixDomainSocketAddress.of(made));
            } catch (IOException e) {
                throw new CommandException(
                        "the control socket %s cannot be made: %s".formatted(path, e.getMessage()), e);
            }
            // Nobody but the owner can have connected before: nobody knew the name.
            Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rw-------"));
            UserPrincipal owner = Files.getOwner(made, LinkOption.NOFOLLOW_LINKS);
            Files.move(made, path, StandardCopyOption.ATOMIC_MOVE);
            ControlSocket socket = new ControlSocket(path, server, owner, handler);
            Thread.ofVirtual().name("control socket").start(socket::accept);
            return socket;
        } catch (IOException | CommandException | RuntimeException e) {
            server.close();
            Files.deleteIfExists(made);
            throw e;
        }
    }

    private static void makeFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }

    private static void check(Path path) throws CommandException, IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .isOther()) {
            throw new CommandException(
                    path + ": there is something else than a socket: name another one with --socket");
        }
        try (SocketChannel other = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            other.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException nobody) {
            return;
        }
        throw new CommandException(
                path + ": another process serves there ('backplane ctl' reaches it): name another one with --socket");
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                SocketChannel channel = server.accept();
                Connection connection = new Connection(channel, handler, connections::remove);
                connections.add(connection);
                Thread.ofVirtual().name("control reader").start(() -> serve(connection, channel));
            } catch (IOException e) {
                if (server.isOpen()) {
                    // For instance too many open files: those who have connected are served meanwhile.
                    LOG.log(System.Logger.Level.ERROR, "the control socket could not take a request", e);
                    LockSupport.parkNanos(RETRY.toNanos());
                }
            }
        }
    }

    private void serve(Connection connection, SocketChannel channel) {
        String refusal;
        try {
            refusal = refusal(channel);
        } catch (IOException e) {
            connections.remove(connection);
            connection.close();
            return;
        }
        connection.run(refusal);
    }

    /** Why a client is not served; empty where it is. */
    private String refusal(SocketChannel channel) throws IOException {
        UserPrincipal user =
                channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
        if (!user.equals(owner)) {
            LOG.log(System.Logger.Level.WARNING, "the control socket refused user {0}", user.getName());
            return "this socket belongs to another user";
        }
        return connections.size() > MOST ? "more than " + MOST + " requests at a time" : "";
    }

    /** Ends all requests and removes the socket. */
    @Override
    public void close() throws IOException {
        server.close();
        connections.forEach(Connection::close);
        Files.deleteIfExists(path);
    }
}
