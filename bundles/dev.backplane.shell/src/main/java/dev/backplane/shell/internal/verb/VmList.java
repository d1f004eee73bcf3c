package dev.backplane.shell.internal.verb;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellVerb;
import dev.backplane.shell.internal.Answers;
import dev.backplane.shell.internal.fleet.Fleet;
import org.jspecify.annotations.Nullable;
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
    private final Fleet fleet;

    /** For Declarative Services. */
    @Activate
    public VmList(@Reference VmManager manager, @Reference Fleet fleet) {
        this.manager = manager;
        this.fleet = fleet;
    }

    @Override
    public Answer run(ShellCall call) {
        Answer.Table table = Answer.table("name", "state", "autostart", "note");
        for (Vm vm : manager.list()) {
            table.row(vm.name(), Answers.state(vm), autostart(vm), note(vm));
        }
        return table.answer();
    }

    private @Nullable String autostart(Vm vm) {
        return fleet.autostart(vm.name()).map(on -> on ? "yes" : "no").orElse(null);
    }

    /** Why it has ended, in a line. */
    private static String note(Vm vm) {
        Vm.@Nullable Outcome outcome = vm.outcome().toCompletableFuture().getNow(null);
        return outcome == null ? "" : outcome.reason().lines().findFirst().orElse("");
    }
}
