package dev.backplane.shell.internal.verb;

import dev.backplane.api.plugin.PluginGeneration;
import dev.backplane.api.plugin.PluginManager;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellVerb;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;

/** {@code plugin history}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "plugin", verb = "history")
@Command(
        description =
                "The generations of plugins that were in force, the newest first, and what each changed of the one before; 'plugin list' has all that is in force.")
public final class PluginHistory implements ShellCommand {
    private final PluginManager plugins;

    /** For Declarative Services. */
    @Activate
    public PluginHistory(@Reference PluginManager plugins) {
        this.plugins = plugins;
    }

    @Override
    public Answer run(ShellCall call) {
        Answer.Table table = Answer.table("generation", "made", "state", "before", "changes");
        List<PluginGeneration> history = plugins.history();
        for (PluginGeneration generation : history) {
            String state = generation.current() ? "current" : "";
            table.row(
                    generation.number(),
                    generation.made().truncatedTo(ChronoUnit.SECONDS).toString(),
                    generation.note().isEmpty() ? state : "did not get ready: " + generation.note(),
                    generation.before(),
                    changes(generation, history));
        }
        return table.answer();
    }

    private static String changes(PluginGeneration generation, List<PluginGeneration> history) {
        if (generation.plugins().isEmpty()) {
            return "those of the installation";
        }
        List<String> before = history.stream()
                .filter(other -> other.number() == generation.before())
                .findFirst()
                .map(PluginGeneration::plugins)
                .orElse(List.of());
        List<String> changes = new ArrayList<>(generation.plugins());
        changes.removeAll(before);
        before.stream()
                .filter(line -> !generation.plugins().contains(line))
                .map(line -> "no longer " + line)
                .forEach(changes::add);
        return String.join(", ", changes);
    }
}
