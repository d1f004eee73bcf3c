package dev.backplane.shell.internal.cli;

import dev.backplane.api.vm.Vm;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.internal.fleet.VmFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code backplane run}. */
@Command(
        name = "run",
        description = {
            "Run the machine that a VM file describes, until it goes off; with --with also others beside it, until all are"
                    + " off.",
            "",
            "Exit status: 0 when the guest went off, what it wrote to a debug-exit device, 1 when the machine failed,"
                    + " 124 after --timeout, 2 when the command line is wrong.",
            "Keys, while a guest's console is on this terminal: Ctrl-A h lists them."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  backplane run vm.yaml",
            "  backplane run --cpu soft --cpus 2 --memory 512MiB vm.yaml",
            "  backplane run --with db.yaml web.yaml",
            "  backplane run --record session.rec vm.yaml   then   backplane run --replay session.rec vm.yaml",
            "",
            "A VM file:",
            "  name: web",
            "  cpus: 1",
            "  memory: 256MiB",
            "  boot: {kernel: vmlinuz, initrd: initrd.cpio, cmdline: \"console=ttyS0\"}",
            "  devices:",
            "    - {type: serial-16550, id: com1, console: stdio}"
        })
final class RunCommand implements Callable<Integer> {
    private final Environment environment;

    @Parameters(paramLabel = "FILE", description = "The VM file.")
    private @Nullable Path file;

    @Option(
            names = "--with",
            paramLabel = "FILE",
            description = "The VM file of another machine that runs in the same process, where both can be on one"
                    + " network; may be given several times. --timeout holds for all, what --gdb and --trace show"
                    + " is the first.")
    private List<Path> others = List.of();

    @Mixin
    private final SizeOptions size = new SizeOptions();

    @Mixin
    private final DebugOptions debug = new DebugOptions();

    @Mixin
    private final RecordingOptions recording = new RecordingOptions();

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "End the machine after so many seconds.")
    private @Nullable String timeout;

    RunCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws Exception {
        Map<String, String> overrides = size.overrides();
        overrides.putAll(recording.overrides());
        if (!others.isEmpty() && overrides.containsKey("clock.type")) {
            throw new CommandException(2, "--with: a machine that is recorded or replayed runs alone");
        }
        Vm vm = define(Objects.requireNonNull(file, "picocli demands it"), overrides);
        try (Companions companions = new Companions(environment);
                MachineRun run = new MachineRun(environment, vm, Timeouts.of(timeout), debug, companions.outcome())) {
            for (Path other : others) {
                companions.add(define(other, overrides));
            }
            companions.start();
            run.start();
            Ending ending = run.await();
            int status = run.status(ending);
            if (status == 0 && ending instanceof Ending.Ended) {
                status = companions.status();
            }
            if (debug.allStatistics()) {
                run.sayStatistics();
            }
            if (recording.replays() && ending instanceof Ending.Ended(Vm.Outcome outcome)) {
                environment.say(outcome.reason());
            }
            return status;
        }
    }

    private Vm define(Path from, Map<String, String> overrides) throws Exception {
        return environment.fleet().define(VmFiles.read(from, Path.of(""), overrides), false);
    }
}
