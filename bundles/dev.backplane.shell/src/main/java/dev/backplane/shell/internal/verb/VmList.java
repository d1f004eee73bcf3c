package dev.backplane.shell.internal.verb;

import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellVerb;
import dev.backplane.shell.internal.Answers;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;

/** {@code vm list}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "vm", verb = "list")
@Command(description = "All machines and their states.")
public final class VmList implements ShellCommand {
    private final VmManager manager;

    /** For Declarative Services. */
    @Activate
    public VmList(@Reference VmManager manager) {
        this.manager = manager;
    }

    @Override
    public Answer run(ShellCall call) {
        return Answers.machines(manager.list());
    }
}
