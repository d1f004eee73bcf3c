package dev.backplane.network.vswitch.internal;

import dev.backplane.api.network.NetworkBackend;
import dev.backplane.api.network.NetworkContext;
import dev.backplane.api.network.NetworkPort;
import dev.backplane.api.network.NetworkType;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import org.osgi.service.component.annotations.Component;

/** Networks of the machines of one process. All that it knows is which switches there are, which is what its ports have in common. */
@Component
@NetworkType("switch")
public final class SwitchNetwork implements NetworkBackend<SwitchOptions, SwitchState> {
    private final Switches switches = new Switches();

    @Override
    public NetworkPort<SwitchState> create(SwitchOptions options, NetworkContext context)
            throws ConfigurationException {
        return port(options, context);
    }

    @Override
    public NetworkPort<SwitchState> restore(SwitchOptions options, NetworkContext context, SwitchState state)
            throws StateException, ConfigurationException {
        SwitchPort port = port(options, context);
        try {
            return port.restore(state);
        } catch (StateException e) {
            port.close();
            throw e;
        }
    }

    private SwitchPort port(SwitchOptions options, NetworkContext context) throws ConfigurationException {
        Alias alias = options.address().isPresent()
                ? new Alias(Alias.parse(options.address().get()))
                : null;
        Capture capture =
                options.capture().isPresent() ? Capture.to(options.capture().get(), context) : null;
        return new SwitchPort(options, context, switches.hold(options.name()), capture, alias);
    }
}
