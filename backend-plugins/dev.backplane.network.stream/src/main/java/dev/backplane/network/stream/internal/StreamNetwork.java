package dev.backplane.network.stream.internal;

import dev.backplane.api.network.NetworkBackend;
import dev.backplane.api.network.NetworkContext;
import dev.backplane.api.network.NetworkPort;
import dev.backplane.api.network.NetworkType;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import org.osgi.service.component.annotations.Component;

/** Networks at the other end of a socket: QEMU, passt, another process of this kind. */
@Component
@NetworkType("stream")
public final class StreamNetwork implements NetworkBackend<StreamOptions, StreamState> {

    @Override
    public NetworkPort<StreamState> create(StreamOptions options, NetworkContext context)
            throws ConfigurationException {
        return port(options, context);
    }

    @Override
    public NetworkPort<StreamState> restore(StreamOptions options, NetworkContext context, StreamState state)
            throws StateException, ConfigurationException {
        return port(options, context).restore(state);
    }

    private static StreamPort port(StreamOptions options, NetworkContext context) throws ConfigurationException {
        if (options.reconnect().isNegative() || options.reconnect().isZero()) {
            throw new ConfigurationException("reconnect: expected more than no time");
        }
        return new StreamPort(options, context, new Connection(context, Endpoint.of(options), options.server()));
    }
}
