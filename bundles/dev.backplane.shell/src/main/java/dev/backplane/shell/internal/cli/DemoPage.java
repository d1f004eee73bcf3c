package dev.backplane.shell.internal.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** A web server on the host's loopback with one page on it, for the demo's guest to fetch. */
final class DemoPage implements AutoCloseable {
    /** Where the network {@code user} has the host's loopback, unless it is told otherwise. */
    private static final String HOST = "10.0.2.2";

    private static final byte[] LOOPBACK = {127, 0, 0, 1};
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;

    private static final String TEXT = """
            Hello from the host.

            This page comes from a web server on the host's loopback, port %1$d, which 'backplane demo' has
            started. The request left the guest through a virtio-net card; the network 'user' took its
            frames apart and made a connection of the host's of what was in them: %2$s is where the
            guest finds the host's loopback.
            """;

    private final HttpServer server;

    private DemoPage(HttpServer server) {
        this.server = server;
    }

    /** Starts it, on a port that is free. */
    static DemoPage serve() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByAddress(LOOPBACK), 0), 0);
        server.createContext("/", DemoPage::answer);
        server.start();
        return new DemoPage(server);
    }

    /** What the guest types. */
    String address() {
        return "http://" + HOST + ":" + server.getAddress().getPort() + "/";
    }

    private static void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            boolean found = exchange.getRequestURI().getPath().equals("/");
            String text =
                    found ? TEXT.formatted(exchange.getLocalAddress().getPort(), HOST) : "There is one page only: /\n";
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
            exchange.sendResponseHeaders(found ? OK : NOT_FOUND, bytes.length);
            try (OutputStream body = exchange.getResponseBody()) {
                body.write(bytes);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
