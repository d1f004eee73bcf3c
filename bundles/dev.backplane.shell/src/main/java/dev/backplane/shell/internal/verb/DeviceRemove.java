package dev.backplane.shell.internal.verb;

import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellVerb;
import dev.backplane.shell.internal.Seconds;
import java.time.Duration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code device remove}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "device", verb = "remove")
@Command(description = "Take a device out that was added, when the guest has let it go.")
public final class DeviceRemove implements ShellCommand {
    private final Machines machines;

    @Parameters(index = "0", paramLabel = "NAME", description = "The machine.")
    private String name = "";

    @Parameters(index = "1", paramLabel = "ID", description = "The device.")
    private String id = "";

    /** Linux lets five seconds pass first. */
    @Parameters(
            index = "2",
            arity = "0..1",
            paramLabel = "SECONDS",
            description = "How long the guest may take (default: 30).",
            converter = Seconds.class)
    private Duration patience = Duration.ofSeconds(30);

    /** For Declarative Services. */
    @Activate
    public DeviceRemove(@Reference VmManager manager) {
        machines = new Machines(manager);
    }

    @Override
    public Answer run(ShellCall call) throws CommandException, VmException {
        machines.named(name).removeDevice(id, patience);
        return Answer.said(name + " is without " + id);
    }
}
