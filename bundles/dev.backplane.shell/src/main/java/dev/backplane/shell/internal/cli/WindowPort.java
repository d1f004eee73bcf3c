package dev.backplane.shell.internal.cli;

import dev.backplane.api.console.TerminalSize;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells the guest how large the terminal is, and again whenever that changes: lines of rows and columns through the second
 * serial port, on a thread of its own. Only a guest that has greeted with {@value #GREETING} is told.
 *
 * <p>It looks at the size a few times a second: a handler of SIGWINCH would belong to the whole process and outlive us.
 */
final class WindowPort implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(WindowPort.class.getName());
    private static final String GREETING = "W 1\n";
    private static final Duration LOOK_EVERY = Duration.ofMillis(250);

    private final Path socket;
    private final Supplier<TerminalSize> size;
    private final byte[] first;
    private final ByteBuffer received = ByteBuffer.allocate(256);
    private @Nullable Thread thread;

    /** @param first what the guest is told before */
    WindowPort(Path socket, Supplier<TerminalSize> size, byte[] first) {
        this.first = first.clone();
        this.socket = socket;
        this.size = size;
    }

    void start() {
        thread = Thread.ofVirtual().name("window size").start(this::run);
    }

    private void run() {
        try (SocketChannel channel = GuestPort.connect(socket)) {
            ByteBuffer rest = ByteBuffer.wrap(first);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.configureBlocking(false);
            talk(channel);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "the guest hears no more of the terminal''s size: {0}", e.getMessage());
        } catch (InterruptedException e) {
            // The end of the run.
        }
    }

    private void talk(SocketChannel channel) throws IOException, InterruptedException {
        TerminalSize told = TerminalSize.UNKNOWN;
        boolean greeted = false;
        int count = channel.read(received.clear());
        while (count >= 0) {
            if (isGreeting(count)) {
                greeted = true;
                told = TerminalSize.UNKNOWN;
            }
            TerminalSize now = size.get();
            // What does not fit now is told when there is room; until then the size may have changed again.
            if (greeted && now.rows() > 0 && !now.equals(told) && channel.write(line(now)) > 0) {
                told = now;
            }
            Thread.sleep(LOOK_EVERY);
            count = channel.read(received.clear());
        }
    }

    private boolean isGreeting(int count) {
        return new String(received.array(), 0, count, StandardCharsets.ISO_8859_1).endsWith(GREETING);
    }

    private static ByteBuffer line(TerminalSize size) {
        return StandardCharsets.US_ASCII.encode(size.rows() + " " + size.columns() + "\n");
    }

    @Override
    public void close() {
        if (thread != null) {
            thread.interrupt();
        }
    }
}
