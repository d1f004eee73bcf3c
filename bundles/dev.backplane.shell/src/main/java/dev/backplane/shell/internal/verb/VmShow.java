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
import java.util.TreeMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code vm show}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "vm", verb = "show")
@Command(description = "A machine's state, its bays with the parts in them, and its counters.")
public final class VmShow implements ShellCommand {
    private final Machines machines;

    @Parameters(paramLabel = "NAME", description = "The machine.")
    private String name = "";

    /** For Declarative Services. */
    @Activate
    public VmShow(@Reference VmManager manager) {
        machines = new Machines(manager);
    }

    @Override
    public Answer run(ShellCall call) throws CommandException {
        Vm vm = machines.named(name);
        Map<String, Answer> parts = new LinkedHashMap<>();
        Vm.Processors cpus = vm.processors();
        parts.put("name", new Answer(name + ": " + Answers.state(vm) + text(cpus) + "\n", name));
        parts.put("state", new Answer("", Answers.state(vm)));
        parts.put("cpus", new Answer("", Map.of("present", cpus.present(), "possible", cpus.possible())));
        parts.put("bays", Answers.bays(vm.bays()));
        parts.put("statistics", Answer.facts(new TreeMap<>(vm.statistics())));
        return Answer.parts(parts);
    }

    private static String text(Vm.Processors cpus) {
        return cpus.possible() == 1 ? ", 1 cpu" : ", %d of %d cpus".formatted(cpus.present(), cpus.possible());
    }
}
