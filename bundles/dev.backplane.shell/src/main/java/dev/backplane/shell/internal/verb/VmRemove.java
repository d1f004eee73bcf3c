package dev.backplane.shell.internal.verb;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellVerb;
import dev.backplane.shell.internal.Answers;
import dev.backplane.shell.internal.fleet.Fleet;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vm remove}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "vm", verb = "remove")
@Command(
        description =
                "Forget a machine and its definition. The VM file that it was defined from, and its disks, stay as they are.")
public final class VmRemove implements ShellCommand {
    private final Machines machines;
    private final Fleet fleet;

    @Parameters(paramLabel = "NAME", description = "The machine.")
    private String name = "";

    @Option(names = "--kill", description = "Also one that runs: it is ended as by pulling the plug.")
    private boolean kill;

    /** For Declarative Services. */
    @Activate
    public VmRemove(@Reference VmManager manager, @Reference Fleet fleet) {
        machines = new Machines(manager);
        this.fleet = fleet;
    }

    @Override
    public Answer run(ShellCall call) throws CommandException {
        Vm vm = machines.named(name);
        boolean runs = switch (vm.state()) {
            case DEFINED, STOPPED, FAILED -> false;
            case WIRING, READY, RUNNING, PAUSED -> true;
        };
        if (runs && !kill) {
            throw new CommandException(name + " is " + Answers.state(vm) + ": stop it first, or say --kill");
        }
        fleet.remove(vm);
        return Answer.said(name + " is forgotten");
    }
}
