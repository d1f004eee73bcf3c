package dev.backplane.shell.internal.serve;

import dev.backplane.natives.Host;
import dev.backplane.natives.HostException;
import dev.backplane.natives.file.FileLock;
import dev.backplane.natives.file.FileLockedException;
import dev.backplane.natives.file.LockMode;
import dev.backplane.shell.command.CommandContext;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.internal.Seconds;
import dev.backplane.shell.internal.control.Connection;
import dev.backplane.shell.internal.control.ControlSocket;
import dev.backplane.shell.internal.fleet.DefinitionStore;
import dev.backplane.shell.internal.fleet.Fleet;
import dev.backplane.shell.internal.gogo.ControlShell;
import dev.backplane.shell.internal.terminal.ConsoleHub;
import dev.backplane.shell.internal.terminal.TerminalSwitch;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code backplane serve}. */
@Command(
        name = "serve",
        description = {
            "Hold virtual machines, any number of them, for those who ask by 'backplane ctl'; until SIGTERM or SIGINT.",
            "",
            "What was defined is kept in the state folder and there again after a restart; machines that were defined with"
                    + " --autostart are started, all others wait for 'vm start', also those that ran before. Consoles of type"
                    + " stdio are those of 'vm console'.",
            "At the end guests are asked to shut down by their power buttons, and ended when they take too long."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  backplane serve &",
            "  backplane ctl vm define --autostart web1.yaml",
            "  backplane ctl vm start web1",
            "  backplane ctl vm console web1",
            "  backplane ctl vm stop web1"
        })
final class ServeCommand implements Callable<Integer> {
    private static final String LOCK = "serve.lock";
    private static final String DEFINITIONS = "vms";

    private final CommandContext context;
    private final Fleet fleet;
    private final TerminalSwitch terminal;
    private final Host host;
    private final Path state;
    private final CompletableFuture<Object> ending;
    private final Supplier<@Nullable ControlShell> shell;

    @Option(
            names = "--socket",
            paramLabel = "PATH",
            description = "Where to serve, unless at $XDG_RUNTIME_DIR/backplane/control.sock.")
    private @Nullable Path socket;

    @Option(
            names = "--stop-timeout",
            paramLabel = "SECONDS",
            description = "How long guests may take to shut down at the end (default: 30).",
            converter = Seconds.class)
    private Duration stopTimeout = Duration.ofSeconds(30);

    ServeCommand(
            CommandContext context,
            Fleet fleet,
            TerminalSwitch terminal,
            Host host,
            Path state,
            CompletableFuture<Object> ending,
            Supplier<@Nullable ControlShell> shell) {
        this.context = context;
        this.fleet = fleet;
        this.terminal = terminal;
        this.host = host;
        this.state = state;
        this.ending = ending;
        this.shell = shell;
    }

    @Override
    public Integer call() throws Exception {
        FileLock mine = lock();
        try {
            return serve();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandException("interrupted: the machines were ended");
        } finally {
            mine.close();
        }
    }

    private int serve() throws IOException, CommandException, InterruptedException {
        CountDownLatch over = new CountDownLatch(1);
        ending.thenRun(over::countDown);
        terminal.serve(new ConsoleHub());
        fleet.open(new DefinitionStore(state.resolve(DEFINITIONS)), context::say);
        Path path = socket == null ? ControlSocket.standard(state) : socket;
        try (ControlSocket opened = ControlSocket.open(path, this::run)) {
            context.say("Serving at " + opened.path());
            fleet.autostart(context::say);
            over.await();
            context.say("Guests are asked to shut down");
            fleet.stopAll(stopTimeout, context::say);
        }
        return 0;
    }

    /** One process at a time keeps definitions in the state folder. */
    private FileLock lock() throws CommandException, IOException, HostException {
        Path file = Files.createDirectories(state).resolve(LOCK);
        try {
            Files.createFile(file);
        } catch (FileAlreadyExistsException e) {
            // From an earlier run.
        }
        try {
            return host.files().lock(file, LockMode.EXCLUSIVE);
        } catch (FileLockedException e) {
            throw new CommandException(
                    "%s: %s serves from this state folder already: 'backplane ctl' reaches it"
                            .formatted(state, e.holder().describe()),
                    e);
        }
    }

    private int run(Connection connection) throws IOException {
        ControlShell found = shell.get();
        if (found == null) {
            connection.say("there is no shell: Gogo is not installed, or was stopped");
            return 1;
        }
        return found.run(connection);
    }
}
