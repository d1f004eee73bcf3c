package dev.backplane.network.tap.internal;

import dev.backplane.api.network.NetworkBackend;
import dev.backplane.api.network.NetworkContext;
import dev.backplane.api.network.NetworkPort;
import dev.backplane.api.network.NetworkType;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.natives.Host;
import dev.backplane.natives.HostException;
import dev.backplane.natives.network.Tap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Networks of the host. */
@Component
@NetworkType("tap")
public final class TapNetwork implements NetworkBackend<TapOptions, TapState> {
    private final Host host;

    /** On a host. */
    @Activate
    public TapNetwork(@Reference Host host) {
        this.host = host;
    }

    @Override
    public NetworkPort<TapState> create(TapOptions options, NetworkContext context) throws ConfigurationException {
        Tap tap = context.resource(TapPort.RESOURCE, Tap.class, () -> open(options));
        return new TapPort(options, context, tap);
    }

    @Override
    public NetworkPort<TapState> restore(TapOptions options, NetworkContext context, TapState state)
            throws ConfigurationException {
        return create(options, context);
    }

    private Tap open(TapOptions options) throws ConfigurationException {
        try {
            Tap tap = host.taps().open(options.name());
            boolean on = options.offloads();
            tap.setOffloads(on, on, on, on);
            return tap;
        } catch (HostException | UnsupportedOperationException e) {
            throw new ConfigurationException(
                    "name: \"%s\" cannot be opened: %s; 'ip tuntap add %s mode tap user NAME' makes it for a user"
                            .formatted(options.name(), e.getMessage(), options.name()),
                    e);
        }
    }
}
