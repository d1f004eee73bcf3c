package dev.backplane.console.socket.internal;

import dev.backplane.api.console.ConsoleBackend;
import dev.backplane.api.console.ConsoleContext;
import dev.backplane.api.console.ConsolePort;
import dev.backplane.api.console.ConsoleType;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import org.osgi.service.component.annotations.Component;

/** Consoles that clients connect to. */
@Component
@ConsoleType("socket")
public final class SocketConsole implements ConsoleBackend<SocketOptions, SocketState> {

    @Override
    public ConsolePort<SocketState> create(SocketOptions options, ConsoleContext context)
            throws ConfigurationException {
        SocketState empty = new SocketState(new byte[0], new byte[0]);
        return new SocketPort(context, options, Connections.open(context, options.path()), empty);
    }

    @Override
    public ConsolePort<SocketState> restore(SocketOptions options, ConsoleContext context, SocketState state)
            throws StateException, ConfigurationException {
        if (state.input().length > SocketState.INPUT_BYTES) {
            throw new StateException(
                    "input has " + state.input().length + " bytes: expected at most " + SocketState.INPUT_BYTES);
        }
        return new SocketPort(context, options, Connections.open(context, options.path()), state);
    }
}
