package dev.backplane.protocol.nbd.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.StorageProtocol;
import dev.backplane.api.storage.StorageProtocolType;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Component;

/** Disks whose bytes an NBD server has. The connection is the bay's, so that a successor goes on with it. */
@Component
@StorageProtocolType("nbd")
public final class NbdProtocol implements StorageProtocol<NbdOptions, NbdState> {
    @Override
    public StorageLayer<NbdState> open(NbdOptions options, StorageContext context)
            throws ConfigurationException, StorageException {
        check(options);
        try {
            return new NbdLayer(options, context, Link.open(options, context));
        } catch (IOException e) {
            throw new StorageException(Kind.IO, "%s cannot be used: %s".formatted(options.name(), e.getMessage()), e);
        }
    }

    private static void check(NbdOptions options) throws ConfigurationException {
        if (options.socket().isPresent() == options.host().isPresent()) {
            throw new ConfigurationException("socket: say either where the server's Unix socket is, or its host");
        }
        if (options.tls().isPresent()
                && options.tls().get().name().isEmpty()
                && options.host().isEmpty()) {
            throw new ConfigurationException("tls.name: say which name the certificate of the server has");
        }
        if (!options.timeout().isPositive()) {
            throw new ConfigurationException("timeout: it has to be longer than nothing");
        }
    }

    @Override
    public StorageLayer<NbdState> restore(NbdOptions options, StorageContext context, NbdState state)
            throws StateException, ConfigurationException {
        check(options);
        Terms terms = Terms.of(state);
        // A server that is gone must not keep a successor from being made: it is looked for when it is needed.
        return new NbdLayer(options, context, Link.resumed(options, context, terms, connection(context, state)));
    }

    private static @Nullable SocketChannel connection(StorageContext context, NbdState state) {
        if (!state.connected()) {
            return null;
        }
        try {
            return context.resource(Link.CONNECTION, SocketChannel.class, () -> {
                throw new IOException("another process has it");
            });
        } catch (ConfigurationException elsewhere) {
            return null;
        }
    }
}
