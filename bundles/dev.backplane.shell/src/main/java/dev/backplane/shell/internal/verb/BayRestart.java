package dev.backplane.shell.internal.verb;

import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellVerb;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code bay restart}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "bay", verb = "restart")
@Command(
        description = {
            "Make the part in a bay anew.",
            "",
            "It goes on from a state that it saves now, where it comes to rest and saves one; else the new part begins with a reset of the"
                    + " device. What the bay keeps for it is answered by the new part."
        },
        footerHeading = "%nExample:%n",
        footer = "  bay restart web1 disk0.disk")
public final class BayRestart implements ShellCommand {
    private final Machines machines;

    @Parameters(index = "0", paramLabel = "NAME", description = "The machine.")
    private String name = "";

    @Parameters(index = "1", paramLabel = "BAY", description = "The bay; \"bay list NAME\" lists them.")
    private String bay = "";

    /** For Declarative Services. */
    @Activate
    public BayRestart(@Reference VmManager manager) {
        machines = new Machines(manager);
    }

    @Override
    public Answer run(ShellCall call) throws CommandException, VmException {
        return Replacements.answer(name, machines.named(name).restart(bay));
    }
}
