package dev.backplane.disk.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.DiskRequest;
import dev.backplane.api.storage.image.OpenDisk;
import dev.backplane.nbd.NbdExport;
import dev.backplane.nbd.NbdServer;
import dev.backplane.nbd.NbdServerOptions;
import dev.backplane.nbd.wire.Nbd;
import dev.backplane.nbd.wire.TlsFolder;
import dev.backplane.shell.command.CommandException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code backplane disk serve}. */
@Command(
        name = "serve",
        description = {
            "Serve a disk over NBD, until it is interrupted. Options are those of qemu-nbd where it has them.",
            "",
            "Several clients may use it at once. Without --socket it listens on TCP, where anybody who reaches it may",
            "read and write the disk unless --tls and --tls-verify say whom to trust."
        },
        exitCodeOnInvalidInput = 1,
        footerHeading = "%nExamples:%n",
        footer = {
            "  backplane disk serve -f qcow2 --socket /run/disk.sock disk.qcow2",
            "  backplane disk serve -f raw --read-only --port 10809 --tls /etc/pki/nbd disk.raw"
        })
final class ServeCommand implements Callable<Integer> {
    private static final int MOST_CLIENTS = 256;
    private static final int MOST_PORT = 65535;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Tool tool;
    private final Serving serving;

    @Mixin
    private ImageOptions image = new ImageOptions();

    @Option(
            names = {"-k", "--socket"},
            paramLabel = "PATH",
            description = "Listen on this Unix socket, which only this user may connect to.")
    private @Nullable Path socket;

    @Option(
            names = {"-b", "--bind"},
            paramLabel = "ADDRESS",
            description = "Listen on this address of the host (default: 127.0.0.1).")
    private String host = "127.0.0.1";

    @Option(
            names = {"-p", "--port"},
            paramLabel = "PORT",
            description = "Listen on this TCP port (default: 10809; 0: any).")
    private int port = Nbd.PORT;

    @Option(
            names = {"-r", "--read-only"},
            description = "Clients can only read; its format may be recognised.")
    private boolean readOnly;

    @Option(
            names = {"-e", "--shared"},
            paramLabel = "N",
            description = "So many clients at once (default: 16).")
    private int clients = 16;

    @Option(
            names = {"-x", "--export-name"},
            paramLabel = "NAME",
            description = "What clients ask for (default: the empty name).")
    private String name = "";

    @Option(
            names = {"-D", "--description"},
            paramLabel = "TEXT",
            description = "What a list of exports says about it.")
    private String description = "";

    @Option(
            names = "--tls",
            paramLabel = "FOLDER",
            description = "Clients have to use TLS. The folder has ca-cert.pem, server-cert.pem and server-key.pem.")
    private @Nullable Path tls;

    @Option(names = "--tls-verify", description = "Clients need a certificate of that authority too.")
    private boolean verify;

    @Option(names = "--once", description = "End when the last client has gone.")
    private boolean once;

    @Option(names = "-q", description = "Say nothing but errors.")
    private boolean quiet;

    @Parameters(index = "0", paramLabel = "FILE", description = "The image.")
    private String file = "";

    ServeCommand(Tool tool, Serving serving) {
        this.tool = tool;
        this.serving = serving;
    }

    @Override
    public Integer call() throws Exception {
        NbdServerOptions options = options();
        DiskRequest request = image.request(file);
        OpenDisk disk = tool.disks().open(readOnly ? request : request.forWriting());
        try {
            serve(
                    options,
                    new NbdExport(
                            name,
                            description,
                            disk.storage(),
                            readOnly,
                            disk.backingDisk().isEmpty()));
        } finally {
            close(disk);
        }
        return 0;
    }

    /** On a thread of its own, since this one may be interrupted, which would close the disk's files before they are written. */
    private void close(OpenDisk disk) throws Exception {
        FutureTask<@Nullable Void> closing = new FutureTask<>(() -> {
            disk.close();
            return null;
        });
        Thread.ofPlatform().name("disk-close").start(closing);
        try {
            for (; ; ) {
                try {
                    closing.get();
                    return;
                } catch (InterruptedException e) {
                    // The process is ending, and waits for this.
                }
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof StorageException told ? told : e;
        } finally {
            serving.ended();
        }
    }

    private void serve(NbdServerOptions options, NbdExport export) throws CommandException {
        try (NbdServer server = start(options, export)) {
            serving.begun(server);
            if (!quiet) {
                tool.context().say("%s is served at %s".formatted(file, server.address()));
            }
            if (once) {
                server.awaitLastClient();
            } else {
                server.awaitEnd();
            }
        } catch (InterruptedException e) {
            // The process is ending: the disk is closed first.
        }
    }

    private static NbdServer start(NbdServerOptions options, NbdExport export) throws CommandException {
        try {
            return NbdServer.start(options, List.of(export));
        } catch (IOException e) {
            throw new CommandException(String.valueOf(e.getMessage()));
        }
    }

    private NbdServerOptions options() throws CommandException {
        if (clients < 1 || clients > MOST_CLIENTS) {
            throw new CommandException("--shared %d: expected 1 to %d clients".formatted(clients, MOST_CLIENTS));
        }
        if (port < 0 || port > MOST_PORT) {
            throw new CommandException("--port %d: expected 0 to %d".formatted(port, MOST_PORT));
        }
        if (verify && tls == null) {
            throw new CommandException("--tls-verify needs --tls, which says whom to trust");
        }
        SocketAddress address = socket == null ? new InetSocketAddress(host, port) : UnixDomainSocketAddress.of(socket);
        return new NbdServerOptions(address, clients, certificates(), verify, PATIENCE);
    }

    private Optional<TlsFolder> certificates() throws CommandException {
        Path folder = tls;
        if (folder == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(TlsFolder.ofServer(folder));
        } catch (IOException e) {
            throw new CommandException("--tls: " + e.getMessage());
        }
    }
}
