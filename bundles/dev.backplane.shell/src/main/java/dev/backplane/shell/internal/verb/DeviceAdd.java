package dev.backplane.shell.internal.verb;

import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.api.vm.VmSource;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellVerb;
import java.util.List;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code device add}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "device", verb = "add")
@Command(
        description = "Put one more PCI device into a machine that runs.",
        footerHeading = "%nExample:%n",
        footer = "  device add web1 {type: nvme, id: data, disk: {format: raw, file: data.img}}")
public final class DeviceAdd implements ShellCommand {
    private final Machines machines;

    @Parameters(index = "0", paramLabel = "NAME", description = "The machine.")
    private String name = "";

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "MAP",
            description = "As in a VM file's list of devices: {type: TYPE, id: ID, OPTION: VALUE, ...}")
    private List<String> words = List.of();

    /** For Declarative Services. */
    @Activate
    public DeviceAdd(@Reference VmManager manager) {
        machines = new Machines(manager);
    }

    @Override
    public Answer run(ShellCall call) throws CommandException, VmException {
        String map = String.join(" ", words);
        machines.named(name).addDevice(new VmSource("", map, call.folder(), Map.of()));
        return Answer.said(name + " has one more device");
    }
}
