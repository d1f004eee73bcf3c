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

/** {@code types}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "types")
@Command(description = "What the installed plugins offer, by kind, and plugins that are not in use.")
public final class Types implements ShellCommand {
    private final VmManager manager;

    /** For Declarative Services. */
    @Activate
    public Types(@Reference VmManager manager) {
        this.manager = manager;
    }

    @Override
    public Answer run(ShellCall call) {
        Answer types = Answers.types(manager.types());
        manager.unused().forEach(call::say);
        return types;
    }
}
