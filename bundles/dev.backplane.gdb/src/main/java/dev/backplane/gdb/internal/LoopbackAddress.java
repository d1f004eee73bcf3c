package dev.backplane.gdb.internal;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** An address that only this host's users reach, as text. */
final class LoopbackAddress {
    private LoopbackAddress() {}

    /** {@code :1234}, {@code 127.0.0.1:1234}, {@code localhost:1234} or {@code [::1]:1234}. */
    static InetSocketAddress parse(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        int port = port(text, text.substring(colon + 1));
        InetAddress address = address(text, host);
        if (!address.isLoopbackAddress()) {
            throw new IllegalArgumentException(
                    "%s: not a loopback address, and who connects there owns the machine: use :%d, and ssh -L from elsewhere"
                            .formatted(text, port));
        }
        return new InetSocketAddress(address, port);
    }

    private static int port(String text, String digits) {
        try {
            int port = Integer.parseInt(digits);
            if (port >= 0 && port <= 0xffff) {
                return port;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new IllegalArgumentException(
                "%s: expected :PORT or 127.0.0.1:PORT, a port from 0 to 65535".formatted(text));
    }

    private static InetAddress address(String text, String host) {
        try {
            boolean literal = host.matches("[0-9.]+|\\[[0-9a-fA-F:]+]");
            if (host.isEmpty() || host.equals("localhost")) {
                return InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
            }
            if (literal) {
                return InetAddress.getByName(host);
            }
        } catch (UnknownHostException e) {
            // Told below.
        }
        throw new IllegalArgumentException("%s: expected :PORT or 127.0.0.1:PORT, not a name".formatted(text));
    }

    /** As gdb's {@code target remote} takes it. */
    static String text(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
    }
}
