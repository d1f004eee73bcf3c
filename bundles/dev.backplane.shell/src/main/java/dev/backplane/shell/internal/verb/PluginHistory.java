package dev.backplane.shell.internal.verb;

import dev.backplane.api.plugin.PluginGeneration;
import dev.backplane.api.plugin.PluginManager;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellVerb;
import java.time.temporal.ChronoUnit;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;

/** {@code plugin history}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "plugin", verb = "history")
@Command(description = "The generations of plugins that were in force, the newest first.")
public final class PluginHistory implements ShellCommand {
    private final PluginManager plugins;

    /** For Declarative Services. */
    @Activate
    public PluginHistory(@Reference PluginManager plugins) {
        this.plugins = plugins;
    }

    @Override
    public Answer run(ShellCall call) {
        Answer.Table table = Answer.table("generation", "made", "state", "before", "plugins");
        for (PluginGeneration generation : plugins.history()) {
            String state = generation.current() ? "current" : "";
            table.row(
                    generation.number(),
                    generation.made().truncatedTo(ChronoUnit.SECONDS).toString(),
                    generation.note().isEmpty() ? state : "did not get ready: " + generation.note(),
                    generation.before(),
                    generation.plugins().isEmpty()
                            ? "those of the installation"
                            : String.join(", ", generation.plugins()));
        }
        return table.answer();
    }
}
