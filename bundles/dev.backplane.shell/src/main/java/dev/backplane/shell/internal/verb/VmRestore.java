package dev.backplane.shell.internal.verb;

import dev.backplane.api.vm.RestoreOptions;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellVerb;
import dev.backplane.shell.internal.fleet.Fleet;
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

/** {@code vm restore}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "vm", verb = "restore")
@Command(
        description = {
            "Let a machine go on from a snapshot.",
            "",
            "What keeps it from that is told before anything starts: a damaged file, a plugin that is missing or too old for the"
                    + " snapshot, a disk that has changed since.",
            "",
            "A machine of that name which does not run makes way. 'backplane serve' keeps the definition: when it is started again,"
                    + " it boots."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  vm restore /snap/web1-monday",
            "  vm restore /snap/web1-monday --name web2 --disks /vms/web2 --set devices.com1.console=web2"
        })
public final class VmRestore implements ShellCommand {
    private final VmManager manager;
    private final Fleet fleet;

    @Parameters(paramLabel = "DIR", description = "The snapshot's folder.")
    private Path folder = Path.of("");

    @Option(names = "--name", paramLabel = "NAME", description = "The machine's name; else the one that it had.")
    private @Nullable String name;

    @Option(
            names = "--disks",
            paramLabel = "DIR",
            description =
                    "Copy the snapshot's copies of disks into this folder, for the machine to work on; else it works on the"
                            + " disks that it had, if they are as they were.")
    private @Nullable Path disks;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description =
                    "A value in place of the VM file's, for instance devices.com1.console=stdio. What the guest sees has to"
                            + " stay.")
    private Map<String, String> values = new LinkedHashMap<>();

    /** For Declarative Services. */
    @Activate
    public VmRestore(@Reference VmManager manager, @Reference Fleet fleet) {
        this.manager = manager;
        this.fleet = fleet;
    }

    @Override
    public Answer run(ShellCall call) throws CommandException, VmException {
        long began = System.nanoTime();
        Vm vm = manager.restore(
                call.folder().resolve(folder),
                new RestoreOptions(
                        Optional.ofNullable(name),
                        values,
                        Optional.ofNullable(disks).map(call.folder()::resolve)));
        fleet.goOn(vm);
        long micros = (System.nanoTime() - began) / 1000;
        return Answer.said(
                String.format(Locale.ROOT, "%s goes on after %.1f ms", vm.name(), micros / 1e3),
                Map.of("name", vm.name(), "takenMicros", micros));
    }
}
