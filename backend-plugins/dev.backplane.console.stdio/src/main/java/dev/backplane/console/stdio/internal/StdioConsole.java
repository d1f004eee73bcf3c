package dev.backplane.console.stdio.internal;

import dev.backplane.api.console.ConsoleBackend;
import dev.backplane.api.console.ConsoleContext;
import dev.backplane.api.console.ConsolePort;
import dev.backplane.api.console.ConsoleType;
import dev.backplane.api.console.HostTerminal;
import dev.backplane.api.state.StateException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Consoles on the terminal that this process was started from. */
@Component
@ConsoleType("stdio")
public final class StdioConsole implements ConsoleBackend<StdioOptions, StdioState> {
    private final HostTerminal terminal;

    @Activate
    public StdioConsole(@Reference HostTerminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public ConsolePort<StdioState> create(StdioOptions options, ConsoleContext context) {
        return new StdioPort(context, terminal, new StdioState(new byte[0], new byte[0]));
    }

    @Override
    public ConsolePort<StdioState> restore(StdioOptions options, ConsoleContext context, StdioState state)
            throws StateException {
        return new StdioPort(context, terminal, state.checked());
    }
}
