package dev.backplane.network.user.internal;

import dev.backplane.api.network.NetworkBackend;
import dev.backplane.api.network.NetworkContext;
import dev.backplane.api.network.NetworkPort;
import dev.backplane.api.network.NetworkType;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import org.osgi.service.component.annotations.Component;

/** Networks by way of the host's sockets. */
@Component
@NetworkType("user")
public final class UserNetwork implements NetworkBackend<UserOptions, UserState> {

    @Override
    public NetworkPort<UserState> create(UserOptions options, NetworkContext context) throws ConfigurationException {
        return UserPort.open(options, context, UserState.empty());
    }

    @Override
    public NetworkPort<UserState> restore(UserOptions options, NetworkContext context, UserState state)
            throws StateException, ConfigurationException {
        state.check(options.connections());
        UserPort port = UserPort.open(options, context, state);
        try {
            port.restoreFrames(state);
            return port;
        } catch (StateException e) {
            port.close();
            throw e;
        }
    }
}
