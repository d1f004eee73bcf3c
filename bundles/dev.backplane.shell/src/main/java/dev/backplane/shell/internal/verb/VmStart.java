package dev.backplane.shell.internal.verb;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellVerb;
import dev.backplane.shell.internal.Seconds;
import dev.backplane.shell.internal.fleet.Fleet;
import java.time.Duration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vm start}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "vm", verb = "start")
@Command(description = "Start a machine that is defined, or that has ended: as it was defined.")
public final class VmStart implements ShellCommand {
    private final Machines machines;
    private final Fleet fleet;

    @Parameters(paramLabel = "NAME", description = "The machine.")
    private String name = "";

    @Option(
            names = "--wait",
            paramLabel = "SECONDS",
            description = "How long to wait for types that no plugin offers yet (default: not at all).",
            converter = Seconds.class)
    private Duration patience = Duration.ZERO;

    /** For Declarative Services. */
    @Activate
    public VmStart(@Reference VmManager manager, @Reference Fleet fleet) {
        machines = new Machines(manager);
        this.fleet = fleet;
    }

    @Override
    public Answer run(ShellCall call) throws CommandException, VmException, ConfigurationException {
        fleet.start(machines.named(name), patience);
        return Answer.said(name + " runs");
    }
}
