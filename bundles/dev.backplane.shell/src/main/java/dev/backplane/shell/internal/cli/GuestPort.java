package dev.backplane.shell.internal.cli;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;

/** Our end of the demo's second serial port. */
final class GuestPort {
    private static final Duration CONNECT_WITHIN = Duration.ofSeconds(10);
    private static final int CONNECT_AGAIN_MILLIS = 20;

    private GuestPort() {}

    /** The console's plugin makes the socket; that it has, is only seen by trying. */
    static SocketChannel connect(Path socket) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + CONNECT_WITHIN.toNanos();
        while (true) {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                channel.connect(UnixDomainSocketAddress.of(socket));
                return channel;
            } catch (IOException e) {
                channel.close();
                if (System.nanoTime() > deadline) {
                    throw new IOException(
                            "the guest's second serial port cannot be reached at " + socket + ": " + e.getMessage(), e);
                }
            }
            Thread.sleep(CONNECT_AGAIN_MILLIS);
        }
    }
}
