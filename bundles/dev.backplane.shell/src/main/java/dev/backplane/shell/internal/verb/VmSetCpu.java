package dev.backplane.shell.internal.verb;

import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellVerb;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code vm set-cpu}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "vm", verb = "set-cpu")
@Command(
        description = {
            "Have a machine's vCPUs run by another CPU backend, while it runs.",
            "",
            "The guest stands for a moment and goes on where it was. Where the other backend is not ready in time the machine stays with"
                    + " the one that it has.",
            "",
            "A type alone has the options that it had last in this machine, at first those of the VM file. A map gives others, also to the"
                    + " backend that it has."
        },
        footerHeading = "%nExample:%n",
        footer = {"  vm set-cpu web1 bt", "  vm set-cpu web1 {type: bt, verify: true}"})
public final class VmSetCpu implements ShellCommand {
    private final Machines machines;

    @Parameters(index = "0", paramLabel = "NAME", description = "The machine.")
    private String name = "";

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "CPU",
            description =
                    "A CPU backend: soft, bt, kvm; \"types\" lists them. Or a map as in a VM file: {type: TYPE, OPTION: VALUE, ...}")
    private List<String> words = List.of();

    /** For Declarative Services. */
    @Activate
    public VmSetCpu(@Reference VmManager manager) {
        machines = new Machines(manager);
    }

    @Override
    public Answer run(ShellCall call) throws CommandException, VmException {
        return Replacements.answer(name, machines.named(name).setCpu(String.join(" ", words)));
    }
}
