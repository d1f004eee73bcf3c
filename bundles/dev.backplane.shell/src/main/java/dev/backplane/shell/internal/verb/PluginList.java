package dev.backplane.shell.internal.verb;

import dev.backplane.api.plugin.InstalledPlugin;
import dev.backplane.api.plugin.PluginManager;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellVerb;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;

/** {@code plugin list}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "plugin", verb = "list")
@Command(
        description =
                "The plugins of this process: versions, what each offers, which bays use it, for whom it is kept.")
public final class PluginList implements ShellCommand {
    private final PluginManager plugins;

    /** For Declarative Services. */
    @Activate
    public PluginList(@Reference PluginManager plugins) {
        this.plugins = plugins;
    }

    @Override
    public Answer run(ShellCall call) {
        Answer.Table table = Answer.table("bundle", "version", "from", "standing", "offers", "bays");
        for (InstalledPlugin plugin : plugins.plugins()) {
            table.row(
                    plugin.bundle(),
                    plugin.version(),
                    plugin.from(),
                    plugin.standing(),
                    String.join(", ", plugin.types()),
                    String.join(", ", plugin.bays()));
        }
        return table.answer();
    }
}
