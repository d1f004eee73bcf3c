package dev.backplane.nbd;

import dev.backplane.nbd.wire.TlsFolder;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * How a server serves.
 *
 * @param address where it listens: an {@link java.net.UnixDomainSocketAddress} or an {@link java.net.InetSocketAddress}
 * @param mostClients further ones are turned away; each has up to 17 threads and 48 MiB of buffers
 * @param tls its certificates; a client has to use TLS then
 * @param verifyClients whether a client has to show a certificate too
 * @param patience how long a client may take until it uses an export
 */
public record NbdServerOptions(
        SocketAddress address, int mostClients, Optional<TlsFolder> tls, boolean verifyClients, Duration patience) {
    private static final int DEFAULT_CLIENTS = 16;
    private static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(30);

    /**
     * Without TLS, for up to 16 clients.
     *
     * @param address where it listens
     */
    public NbdServerOptions(SocketAddress address) {
        this(address, DEFAULT_CLIENTS, Optional.empty(), false, DEFAULT_PATIENCE);
    }

    /**
     * With TLS, for up to 16 clients.
     *
     * @param address where it listens
     * @param tls its certificates
     * @param verifyClients whether a client has to show a certificate too
     */
    public NbdServerOptions(SocketAddress address, TlsFolder tls, boolean verifyClients) {
        this(address, DEFAULT_CLIENTS, Optional.of(tls), verifyClients, DEFAULT_PATIENCE);
    }
}
