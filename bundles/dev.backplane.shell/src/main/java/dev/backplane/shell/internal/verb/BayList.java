package dev.backplane.shell.internal.verb;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellVerb;
import dev.backplane.shell.internal.Answers;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code bay list}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "bay", verb = "list")
@Command(description = "The bays of a machine, or of all, and what sits in them.")
public final class BayList implements ShellCommand {
    private final Machines machines;

    @Parameters(arity = "0..1", paramLabel = "NAME", description = "The machine; all where none is named.")
    private @Nullable String name;

    /** For Declarative Services. */
    @Activate
    public BayList(@Reference VmManager manager) {
        machines = new Machines(manager);
    }

    @Override
    public Answer run(ShellCall call) throws CommandException {
        if (name != null) {
            return Answers.bays(machines.named(name).bays());
        }
        Map<String, Answer> all = new LinkedHashMap<>();
        for (Vm vm : machines.all()) {
            Answer bays = Answers.bays(vm.bays());
            all.put(vm.name(), new Answer(vm.name() + ":\n" + bays.text(), bays.data()));
        }
        return Answer.parts(all);
    }
}
