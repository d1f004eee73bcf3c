package dev.backplane.shell.internal.cli;

import dev.backplane.api.vm.RestoreOptions;
import dev.backplane.api.vm.Vm;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code backplane restore}. */
@Command(
        name = "restore",
        description = {
            "Let a machine go on from a snapshot, as 'vm snapshot' in Backplane's shell makes them, until it goes off.",
            "",
            "What keeps it from that is told before anything starts: a damaged file, a plugin that is missing or too old for the"
                    + " snapshot, a disk that has changed since.",
            "Exit status as of 'backplane run'."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  backplane restore /snap/web1-monday",
            "  backplane restore --disks /vms/web1-again --cpu soft /snap/web1-monday"
        })
final class RestoreCommand implements Callable<Integer> {
    private final Environment environment;

    @Parameters(paramLabel = "DIR", description = "The snapshot's folder.")
    private Path folder = Path.of("");

    @Option(names = "--name", paramLabel = "NAME", description = "The machine's name; else the one that it had.")
    private @Nullable String name;

    @Option(names = "--cpu", paramLabel = "TYPE", description = "Another CPU backend than the one that it ran on.")
    private @Nullable String cpu;

    @Option(
            names = "--disks",
            paramLabel = "DIR",
            description = "Copy the snapshot's copies of disks into this folder, for the machine to work on.")
    private @Nullable Path disks;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "A value in place of the VM file's, for instance devices.com1.console=stdio.")
    private Map<String, String> values = new LinkedHashMap<>();

    @Mixin
    private final DebugOptions debug = new DebugOptions();

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "End the machine after so many seconds.")
    private @Nullable String timeout;

    RestoreCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws Exception {
        Map<String, String> overrides = new LinkedHashMap<>(values);
        if (cpu != null) {
            overrides.put("cpu.type", cpu);
        }
        long began = System.nanoTime();
        Vm vm = environment
                .vms()
                .restore(
                        folder.toAbsolutePath(),
                        new RestoreOptions(
                                Optional.ofNullable(name),
                                overrides,
                                Optional.ofNullable(disks).map(Path::toAbsolutePath)));
        try (MachineRun run = new MachineRun(environment, vm, Timeouts.of(timeout), debug)) {
            run.start();
            environment.say("%s goes on after %.1f ms".formatted(vm.name(), (System.nanoTime() - began) / 1e6));
            int status = run.status(run.await());
            if (debug.allStatistics()) {
                run.sayStatistics();
            }
            return status;
        }
    }
}
