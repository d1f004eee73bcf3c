package dev.backplane.shell.internal.serve;

import dev.backplane.natives.Host;
import dev.backplane.shell.command.CommandContext;
import dev.backplane.shell.command.Subcommand;
import dev.backplane.shell.internal.fleet.Fleet;
import dev.backplane.shell.internal.gogo.ControlShell;
import dev.backplane.shell.internal.terminal.TerminalSwitch;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** {@code backplane serve}, with what it needs. The framework is asked for the state folder alone. */
@Component
public final class Serve implements Subcommand {
    private final Fleet fleet;
    private final TerminalSwitch terminal;
    private final Host host;
    private final CompletableFuture<Object> ending;
    private final Path state;

    /** Comes and goes with Gogo. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    private volatile @Nullable ControlShell shell;

    /** For Declarative Services. */
    @Activate
    public Serve(
            BundleContext bundle,
            @Reference Fleet fleet,
            @Reference TerminalSwitch terminal,
            @Reference Host host,
            @Reference(target = "(launcher.ending=*)") CompletableFuture<Object> ending) {
        this.fleet = fleet;
        this.terminal = terminal;
        this.host = host;
        this.ending = ending;
        state = Path.of(String.valueOf(bundle.getProperty("backplane.state")));
    }

    @Override
    public Object make(CommandContext context) {
        return new ServeCommand(context, fleet, terminal, host, state, ending, () -> shell);
    }
}
