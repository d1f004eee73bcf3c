package dev.backplane.shell.internal.cli;

import dev.backplane.guest.RecordReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Our side of the guest's second serial port, on a thread of its own: decodes what comes and writes it out. What is not
 * taken from us is not taken from the guest, whose command then waits.
 */
final class CommandPort implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 << 10;

    private final Path socket;
    private final OutputStream out;
    private final OutputStream err;
    private final Consumer<Ending> listener;
    private final byte[] first;
    private final CompletableFuture<Ending> status = new CompletableFuture<>();
    private @Nullable Thread thread;

    /**
     * @param listener hears of the command's end, or of what keeps it from being known
     * @param first what the guest is told before it runs the command
     */
    CommandPort(Path socket, OutputStream out, OutputStream err, Consumer<Ending> listener, byte[] first) {
        this.socket = socket;
        this.out = out;
        this.err = err;
        this.listener = listener;
        this.first = first.clone();
    }

    /** {@code greeted} is called when the guest begins to run the command. */
    void start(Runnable greeted) {
        thread = Thread.ofVirtual().name("command output").start(() -> run(greeted));
    }

    /** The command's end, if it is known or becomes so in time. */
    Optional<Ending> awaitStatus(Duration atMost) {
        try {
            return Optional.of(status.get(atMost.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } catch (ExecutionException | TimeoutException e) {
            return Optional.empty();
        }
    }

    private void run(Runnable greeted) {
        try (SocketChannel channel = GuestPort.connect(socket)) {
            ByteBuffer rest = ByteBuffer.wrap(first);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            RecordReader reader = new RecordReader(new Output());
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
            boolean started = false;
            while (channel.read(buffer.clear()) >= 0) {
                reader.accept(buffer.array(), 0, buffer.position());
                if (reader.started() && !started) {
                    started = true;
                    greeted.run();
                }
                Integer exit = reader.status();
                if (exit != null) {
                    // The guest waits for this line before it goes off.
                    channel.write(ByteBuffer.wrap(new byte[] {'\n'}));
                    end(new Ending.CommandEnded(exit));
                    return;
                }
            }
            status.completeExceptionally(new IOException("the port was closed"));
        } catch (UncheckedIOException e) {
            end(new Ending.OutputLost(e.getCause()));
        } catch (IOException e) {
            end(new Ending.OutputLost(e));
        } catch (InterruptedException e) {
            status.completeExceptionally(e);
        }
    }

    private void end(Ending ending) {
        status.complete(ending);
        listener.accept(ending);
    }

    @Override
    public void close() {
        if (thread != null) {
            thread.interrupt();
        }
    }

    private final class Output implements RecordReader.Output {
        @Override
        public void standardOutput(byte[] bytes, int offset, int length) {
            write(out, bytes, offset, length);
        }

        @Override
        public void standardError(byte[] bytes, int offset, int length) {
            write(err, bytes, offset, length);
        }

        private void write(OutputStream target, byte[] bytes, int offset, int length) {
            try {
                target.write(bytes, offset, length);
                target.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
