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

/** {@code vm pause}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "vm", verb = "pause")
@Command(description = "Stop a machine's vCPUs and its clock.")
public final class VmPause implements ShellCommand {
    private final Machines machines;

    @Parameters(paramLabel = "NAME", description = "The machine.")
    private String name = "";

    /** For Declarative Services. */
    @Activate
    public VmPause(@Reference VmManager manager) {
        machines = new Machines(manager);
    }

    @Override
    public Answer run(ShellCall call) throws CommandException, VmException {
        machines.named(name).pause();
        return Answer.said(name + " is paused");
    }
}
