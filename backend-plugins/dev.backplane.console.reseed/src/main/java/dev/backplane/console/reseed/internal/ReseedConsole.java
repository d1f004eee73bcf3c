package dev.backplane.console.reseed.internal;

import dev.backplane.api.console.ConsoleBackend;
import dev.backplane.api.console.ConsoleContext;
import dev.backplane.api.console.ConsolePort;
import dev.backplane.api.console.ConsoleType;
import dev.backplane.api.state.StateException;
import org.osgi.service.component.annotations.Component;

/** Far ends that talk with a program of the guest about who it is. */
@Component
@ConsoleType("reseed")
public final class ReseedConsole implements ConsoleBackend<ReseedOptions, ReseedState> {
    @Override
    public ConsolePort<ReseedState> create(ReseedOptions options, ConsoleContext context) {
        return new ReseedPort(context);
    }

    @Override
    public ConsolePort<ReseedState> restore(ReseedOptions options, ConsoleContext context, ReseedState state)
            throws StateException {
        if (state.heard().length > ReseedPort.LINE_BYTES || state.unread().length > ReseedPort.QUEUE_BYTES) {
            throw new StateException("heard has %d bytes and unread %d: expected at most %d and %d"
                    .formatted(
                            state.heard().length,
                            state.unread().length,
                            ReseedPort.LINE_BYTES,
                            ReseedPort.QUEUE_BYTES));
        }
        ReseedPort port = new ReseedPort(context);
        port.restore(state);
        return port;
    }
}
