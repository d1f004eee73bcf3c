package dev.backplane.shell.internal.cli;

import dev.backplane.api.storage.image.DiskManager;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.gdb.GdbPort;
import dev.backplane.gdb.GdbServer;
import dev.backplane.guest.GuestMaker;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.CommandLineRun;
import dev.backplane.shell.command.Subcommand;
import dev.backplane.shell.internal.fleet.Fleet;
import dev.backplane.shell.internal.gogo.ConsoleShell;
import dev.backplane.shell.internal.terminal.TerminalSwitch;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.ComponentServiceObjects;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * Runs the command line that the process was started with, unless its command takes it itself. The launcher registers a future that carries it;
 * completing the future with a status ends the process.
 */
@Component(
        immediate = true,
        service = {})
public final class CommandLineRunner {
    private static final int GDB_TRIES = 100;
    private static final long GDB_TRY_NANOS = 20_000_000;

    private final Environment environment;
    private final CommandLineRun run;

    /** Comes and goes with Gogo, which must not end the command that is running. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    private volatile @Nullable ConsoleShell shell;

    /** No class of it is loaded before somebody asks for gdb. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    private volatile @Nullable ComponentServiceObjects<GdbServer> gdb;

    /** Each is made only when it may be what was typed. */
    @Reference(
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            target = "(!(command.parent=*))")
    private volatile List<ComponentServiceObjects<Subcommand>> subcommands = List.of();

    /** For Declarative Services. */
    @Activate
    public CommandLineRunner(
            @Reference(target = "(&(launcher.arguments=*)(!(launcher.command=*)))")
                    Map.Entry<Map<String, Object>, CompletableFuture<Integer>> launcher,
            @Reference(cardinality = ReferenceCardinality.OPTIONAL) @Nullable VmManager manager,
            @Reference(cardinality = ReferenceCardinality.OPTIONAL) @Nullable DiskManager disks,
            @Reference(cardinality = ReferenceCardinality.OPTIONAL) @Nullable Fleet fleet,
            @Reference GuestMaker guests,
            @Reference TerminalSwitch terminal) {
        run = new CommandLineRun(launcher);
        this.environment = new Environment(
                manager,
                disks,
                fleet,
                guests,
                terminal,
                this::openShell,
                this::openGdb,
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                run.words());
    }

    /** For Declarative Services: starts the command's own thread, when all references are there. */
    @Activate
    public void start() {
        String[] words = run.words().toArray(String[]::new);
        run.start(() -> RootCommand.commandLine(environment, others()).execute(words));
    }

    /** For Declarative Services: the process is ending before the command is. */
    @Deactivate
    public void close() {
        run.close();
    }

    /** The commands of other bundles, unless one of ours is meant. */
    private List<Object> others() {
        return RootCommand.isOwn(RootCommand.firstOf(environment.words()))
                ? List.of()
                : subcommands.stream()
                        .map(ComponentServiceObjects::getService)
                        .filter(Objects::nonNull)
                        .map(subcommand -> subcommand.make(environment))
                        .toList();
    }

    private GdbPort openGdb(Vm vm, String address, boolean wait) throws IOException, VmException, CommandException {
        ComponentServiceObjects<GdbServer> found = gdb;
        for (int tries = 0; found == null && tries < GDB_TRIES; tries++) {
            // Its bundle may be about to be started.
            LockSupport.parkNanos(GDB_TRY_NANOS);
            found = gdb;
        }
        GdbServer server = found == null ? null : found.getService();
        if (server == null) {
            throw new CommandException("--gdb: bundle dev.backplane.gdb is not installed, or was stopped");
        }
        return server.open(vm, address, wait);
    }

    private void openShell() {
        ConsoleShell opened = shell;
        if (opened != null) {
            opened.start();
        } else {
            environment.say("there is no shell: Gogo is not installed, or was stopped");
        }
    }
}
