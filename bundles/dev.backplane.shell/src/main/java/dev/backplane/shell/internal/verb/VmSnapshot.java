package dev.backplane.shell.internal.verb;

import dev.backplane.api.vm.SnapshotOptions;
import dev.backplane.api.vm.SnapshotReport;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellVerb;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vm snapshot}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "vm", verb = "snapshot")
@Command(
        description = {
            "Keep a machine in a folder, from which 'vm restore' lets it go on, in another process too.",
            "",
            "A machine that runs stands for a moment; its memory is written while it runs again. Disks that it writes to must not"
                    + " change afterwards: pause it before and end it then, or take copies with --copy-disks."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  vm snapshot web1 --to /snap/web1-monday --copy-disks",
            "  vm snapshot web1 --to /snap/web1-tuesday --base /snap/web1-monday"
        })
public final class VmSnapshot implements ShellCommand {
    private final Machines machines;

    @Parameters(paramLabel = "NAME", description = "The machine.")
    private String name = "";

    @Option(names = "--to", required = true, paramLabel = "DIR", description = "The folder, which is made.")
    private Path to = Path.of("");

    @Option(
            names = "--base",
            paramLabel = "DIR",
            description =
                    "An earlier snapshot: only memory that has changed since is kept. It has to stay where it is.")
    private @Nullable Path base;

    @Option(names = "--compress", description = "Compress memory; going on from it takes longer then.")
    private boolean compress;

    @Option(names = "--copy-disks", description = "Copy the files of disks that it writes to while it stands.")
    private boolean copyDisks;

    /** For Declarative Services. */
    @Activate
    public VmSnapshot(@Reference VmManager manager) {
        machines = new Machines(manager);
    }

    @Override
    public Answer run(ShellCall call) throws CommandException, VmException {
        Optional<Path> below = Optional.ofNullable(base).map(call.folder()::resolve);
        Path folder = call.folder().resolve(to);
        SnapshotReport report = machines.named(name).snapshot(folder, new SnapshotOptions(below, compress, copyDisks));
        report.notes().forEach(call::say);
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("folder", folder.toString());
        facts.put("pauseMicros", report.pause().toNanos() / 1000);
        facts.put("takenMicros", report.taken().toNanos() / 1000);
        facts.put("memoryBytes", report.memoryBytes());
        facts.put("storedBytes", report.storedBytes());
        facts.put("notes", report.notes());
        return Answer.said(
                String.format(
                        Locale.ROOT,
                        "%s is kept in %s: %,.1f MiB of memory in %,.1f MiB; it stood for %.1f ms of %.1f",
                        name,
                        to,
                        report.memoryBytes() / (double) (1 << 20),
                        report.storedBytes() / (double) (1 << 20),
                        report.pause().toNanos() / 1e6,
                        report.taken().toNanos() / 1e6),
                facts);
    }
}
