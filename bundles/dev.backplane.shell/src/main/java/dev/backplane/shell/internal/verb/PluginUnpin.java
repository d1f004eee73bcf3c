package dev.backplane.shell.internal.verb;

import dev.backplane.api.plugin.PluginException;
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
import picocli.CommandLine.Parameters;

/** {@code plugin unpin}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "plugin", verb = "unpin")
@Command(description = "Have a pinned machine follow the others.")
public final class PluginUnpin implements ShellCommand {
    private final PluginManager plugins;

    @Parameters(paramLabel = "VM", description = "The machine.")
    private String name = "";

    /** For Declarative Services. */
    @Activate
    public PluginUnpin(@Reference PluginManager plugins) {
        this.plugins = plugins;
    }

    @Override
    public Answer run(ShellCall call) throws PluginException {
        plugins.unpin(name, call::say);
        return Answer.said(name + " uses what the others use");
    }
}
