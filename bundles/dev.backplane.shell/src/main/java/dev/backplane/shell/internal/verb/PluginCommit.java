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

/** {@code plugin commit}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "plugin", verb = "commit")
@Command(description = "Let the machines follow a canary, and keep the new plugins.")
public final class PluginCommit implements ShellCommand {
    private final PluginManager plugins;

    /** For Declarative Services. */
    @Activate
    public PluginCommit(@Reference PluginManager plugins) {
        this.plugins = plugins;
    }

    @Override
    public Answer run(ShellCall call) throws PluginException {
        return PluginUpdate.answer(plugins.commit(call::say));
    }
}
