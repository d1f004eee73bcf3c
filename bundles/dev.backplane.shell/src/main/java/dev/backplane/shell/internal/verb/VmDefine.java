package dev.backplane.shell.internal.verb;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.Vm;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellVerb;
import dev.backplane.shell.internal.fleet.Fleet;
import dev.backplane.shell.internal.fleet.VmFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vm define}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "vm", verb = "define")
@Command(
        description = {
            "Define a machine from a VM file, without starting it.",
            "",
            "'backplane serve' keeps the file's text as it is now, and defines the machine again whenever it starts; relative"
                    + " paths in it start from where the file is."
        },
        footerHeading = "%nExample:%n",
        footer = "  vm define --autostart web1.yaml")
public final class VmDefine implements ShellCommand {
    private final Fleet fleet;

    @Parameters(paramLabel = "FILE", description = "The VM file.")
    private Path file = Path.of("");

    @Option(names = "--autostart", description = "Start it with 'backplane serve' from now on.")
    private boolean autostart;

    /** For Declarative Services. */
    @Activate
    public VmDefine(@Reference Fleet fleet) {
        this.fleet = fleet;
    }

    @Override
    public Answer run(ShellCall call) throws IOException, ConfigurationException, CommandException {
        Vm vm = fleet.define(VmFiles.read(file, call.folder(), Map.of()), autostart);
        return Answer.said(vm.name() + " is defined", Map.of("name", vm.name()));
    }
}
