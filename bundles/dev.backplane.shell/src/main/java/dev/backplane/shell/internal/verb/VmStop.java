package dev.backplane.shell.internal.verb;

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
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vm stop}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "vm", verb = "stop")
@Command(
        description = {
            "Ask a machine's guest to shut down, by its power button, and wait for that; then end the machine if it still runs.",
            "",
            "A guest listens to the button with a driver and somebody who acts: Linux with 'button', 'evdev' and acpid or systemd."
        })
public final class VmStop implements ShellCommand {
    private final Machines machines;

    @Parameters(paramLabel = "NAME", description = "The machine.")
    private String name = "";

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "How long the guest may take (default: 60).",
            converter = Seconds.class)
    private Duration timeout = Duration.ofSeconds(60);

    /** For Declarative Services. */
    @Activate
    public VmStop(@Reference VmManager manager) {
        machines = new Machines(manager);
    }

    @Override
    public Answer run(ShellCall call) throws CommandException, VmException {
        boolean itself = Fleet.stop(machines.named(name), timeout);
        return Answer.said(
                itself
                        ? name + " has shut down"
                        : name + " did not shut down within " + timeout.toSeconds() + " s and was ended",
                Map.of("forced", !itself));
    }
}
