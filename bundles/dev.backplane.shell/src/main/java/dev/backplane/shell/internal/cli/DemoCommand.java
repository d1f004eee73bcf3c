package dev.backplane.shell.internal.cli;

import dev.backplane.api.console.TerminalSize;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmSource;
import dev.backplane.guest.DiskGuest;
import dev.backplane.guest.Guest;
import dev.backplane.guest.GuestArguments;
import dev.backplane.guest.GuestMaker;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.internal.terminal.TerminalSwitch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code backplane demo}. */
@Command(
        name = "demo",
        description = {
            "Boot a Linux guest and leave you in its shell, on this terminal.",
            "",
            "The guest is Debian's cloud kernel and busybox, fetched with apt-get at the first time and kept in"
                    + " ~/.cache/backplane/guest; remove that folder to have newer ones fetched. 'poweroff' or the end of the"
                    + " shell ends it, with exit status 0.",
            "",
            "Keys:",
            "  Ctrl-A x   end the machine and leave",
            "  Ctrl-A c   switch between the guest's console and Backplane's shell",
            "  Ctrl-A h   these keys",
            "  Ctrl-A a   send Ctrl-A to the guest"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  backplane demo",
            "  backplane demo --cpus 2 --memory 512MiB",
            "  backplane demo --exec 'uname -a; cat /proc/cpuinfo'",
            "  backplane demo --exec \"$(cat script.sh)\" --timeout 120 > result",
            "  backplane demo --disk --exec 'wget -qO- $BACKPLANE_PAGE; df /'",
            "  backplane demo --warm                                    (at once, from the second time on)",
            "  backplane demo --disk=mine.qcow2                         (what the guest writes stays)",
            "  backplane demo --kernel vmlinuz --initrd initrd.img      (no apt-get needed)"
        })
final class DemoCommand implements Callable<Integer> {
    private final Environment environment;

    @Option(
            names = "--exec",
            paramLabel = "COMMAND",
            description = {
                "Run a shell command in the guest instead of an interactive shell, then power off. Its standard output and"
                        + " standard error become ours, and its exit status; it has no input, and what it leaves running in"
                        + " the background is ended with it."
            })
    private @Nullable String command;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "End the guest after so many seconds, with exit status 124.")
    private @Nullable String timeout;

    @Option(
            names = "--warm",
            description = {
                "Go on from a guest that has booted already, which is kept in ~/.cache/backplane/warm: made at the first time,"
                        + " and again when Backplane, the guest or the machine is another. Not with --disk, --nvme, or a guest of"
                        + " your own."
            })
    private boolean warm;

    @ArgGroup(exclusive = false, heading = "%nA guest of your own:%n")
    private @Nullable OwnGuest own;

    @Mixin
    private final DiskOptions disk = new DiskOptions();

    @Mixin
    private final SizeOptions size = new SizeOptions();

    @Mixin
    private final DebugOptions debug = new DebugOptions();

    /** Given together or not at all. */
    static final class OwnGuest {
        @Option(names = "--kernel", required = true, paramLabel = "FILE", description = "A Linux kernel with ttyS0.")
        private Path kernel = Path.of("");

        @Option(
                names = "--initrd",
                required = true,
                paramLabel = "FILE",
                description = "An initramfs for it; --exec needs /bin/busybox in it.")
        private Path initrd = Path.of("");
    }

    DemoCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws Exception {
        Duration limit = Timeouts.of(timeout);
        environment.vms();
        if (own != null && disk.wanted()) {
            throw new CommandException(
                    2,
                    "--disk and --nvme bring a kernel and an initramfs of their own: leave out --kernel and --initrd");
        }
        DiskGuest onDisk = disk.wanted() ? diskGuest() : null;
        Guest guest = onDisk == null ? guest() : onDisk.guest();
        if (warm && (own != null || disk.wanted())) {
            environment.say("--warm is for the demo's own guest without a disk: this one boots");
        } else if (warm) {
            try (RunFolder folder = RunFolder.create()) {
                Vm vm = new WarmGuest(environment, guest, size.overrides())
                        .machine(folder, WarmGuest.changes(folder, command != null));
                return warm(guest, vm, folder, limit);
            } catch (VmException e) {
                environment.say("No guest to go on from, so this one boots: " + e.getMessage());
            }
        }
        try (RunFolder folder = RunFolder.create();
                DemoExtras extras = DemoExtras.of(environment, disk, onDisk, folder)) {
            return command == null
                    ? console(guest, folder, extras, limit)
                    : execute(guest, command, folder, extras, limit);
        }
    }

    private int warm(Guest guest, Vm vm, RunFolder folder, @Nullable Duration limit) throws Exception {
        if (command != null) {
            byte[] first = WarmGuest.handOver(GuestArguments.command(), Optional.of(command));
            try (MachineRun run = new MachineRun(environment, vm, limit, debug)) {
                return new CommandRun(environment, run, folder, CommandRun.POWER_OFF, first).status();
            }
        }
        TerminalSize window = environment.terminal().size();
        String terminal = System.getenv().getOrDefault("TERM", "");
        GuestArguments arguments = GuestArguments.console(window.rows(), window.columns(), terminal);
        byte[] first = WarmGuest.handOver(arguments, Optional.empty());
        try (WindowPort port = new WindowPort(folder.socket(), environment.terminal()::size, first)) {
            return console(guest, vm, limit, port::start);
        }
    }

    private DiskGuest diskGuest() throws IOException, CommandException {
        GuestMaker guests = environment.guests();
        return guests.makeDisk(guests.defaultCache(), environment.disks(), environment::say);
    }

    private Guest guest() throws IOException, CommandException {
        if (own != null) {
            Path kernel = readable("--kernel", own.kernel);
            return new Guest(kernel.getFileName().toString(), kernel, readable("--initrd", own.initrd));
        }
        return environment.guests().make(environment.guests().defaultCache(), environment::say);
    }

    private static Path readable(String option, Path file) throws IOException, CommandException {
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString());
        }
        if (!Files.isRegularFile(file)) {
            throw new CommandException("%s %s: %s, a file was expected"
                    .formatted(option, file, Files.isDirectory(file) ? "a folder" : "not a regular file"));
        }
        return file.toAbsolutePath();
    }

    private int console(Guest guest, RunFolder folder, DemoExtras extras, @Nullable Duration limit) throws Exception {
        TerminalSize window = environment.terminal().size();
        String terminal = System.getenv().getOrDefault("TERM", "");
        GuestArguments arguments = extras.add(GuestArguments.console(window.rows(), window.columns(), terminal));
        try (WindowPort port = new WindowPort(folder.socket(), environment.terminal()::size, new byte[0])) {
            Vm vm = define(DemoMachine.console(guest, arguments, folder, extras.devices()));
            try {
                return console(guest, vm, limit, arguments.rows() > 0 ? port::start : () -> {});
            } catch (VmException e) {
                throw refused(e, guest, folder);
            }
        }
    }

    private int console(Guest guest, Vm vm, @Nullable Duration limit, Runnable started) throws Exception {
        try (MachineRun run = new MachineRun(environment, vm, limit, debug)) {
            environment.say("Starting Linux " + guest.release());
            if (environment.terminal().isTerminal()) {
                environment.terminal().message(TerminalSwitch.keys());
            } else {
                environment.say("Standard input is no terminal: to run a command in the guest, use --exec");
            }
            run.start();
            started.run();
            Ending ending = run.await();
            int status = run.status(ending);
            run.sayStatistics();
            return status;
        }
    }

    private int execute(Guest guest, String text, RunFolder folder, DemoExtras extras, @Nullable Duration limit)
            throws Exception {
        environment.guests().addCommand(guest.initrd(), text, folder.initrd());
        GuestArguments arguments = extras.add(GuestArguments.command());
        Vm vm = define(DemoMachine.command(guest, arguments, folder, extras.devices()));
        try (MachineRun run = new MachineRun(environment, vm, limit, debug)) {
            environment.say("Starting Linux " + guest.release());
            return new CommandRun(environment, run, folder, extras.powerOff(), new byte[0]).status();
        } catch (VmException e) {
            throw refused(e, guest, folder);
        }
    }

    /** The machine does not start. The user knows nothing of our copies, and has not made the files in the cache. */
    private CommandException refused(VmException e, Guest guest, RunFolder folder) {
        String message = e.getMessage()
                .replace(folder.initrd().toString(), guest.initrd().toString());
        boolean cached = message.contains(guest.kernel().getParent().toString());
        if (own == null && cached && message.contains("damaged")) {
            message += "; remove " + guest.kernel().getParent() + " to have it fetched anew";
        }
        return new CommandException(message, e);
    }

    private Vm define(String text) throws Exception {
        return environment
                .fleet()
                .define(new VmSource("", text, Path.of("").toAbsolutePath(), size.overrides()), false);
    }
}
