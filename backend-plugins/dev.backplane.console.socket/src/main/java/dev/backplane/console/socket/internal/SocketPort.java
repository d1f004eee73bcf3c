package dev.backplane.console.socket.internal;

import dev.backplane.api.console.ByteQueue;
import dev.backplane.api.console.ConsoleContext;
import dev.backplane.api.console.ConsolePort;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.part.RevokedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A queue in each direction between the guest and the client. While no client is there, output keeps the latest bytes;
 * while one is there, it takes no more than the client does.
 */
final class SocketPort implements ConsolePort<SocketState> {
    private final ConsoleContext context;
    private final Path path;
    private final ByteQueue output;
    private final ByteQueue input = new ByteQueue(SocketState.INPUT_BYTES);
    private final ClientLoop loop;
    /** Whether the socket is this part's: from its first resume to its save. */
    private boolean owner;

    SocketPort(ConsoleContext context, SocketOptions options, Connections connections, SocketState state) {
        this.context = context;
        this.path = options.path();
        this.output = new ByteQueue(options.backlog());
        for (byte each : state.output()) {
            output.push(each);
        }
        this.input.offer(state.input(), 0, state.input().length);
        this.loop = new ClientLoop(context, connections, output, input);
    }

    @Override
    public boolean write(byte value) {
        boolean taken = true;
        if (loop.hasClient()) {
            taken = output.offer(value);
        } else {
            output.push(value);
        }
        loop.outputGiven(taken);
        return taken;
    }

    @Override
    public int read() {
        int value = input.poll();
        loop.inputTaken();
        return value;
    }

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        loop.stop(deadline);
    }

    @Override
    public SocketState save() {
        owner = false;
        return new SocketState(output.toByteArray(), input.toByteArray());
    }

    @Override
    public void resume(Resumption why) {
        owner = true;
        loop.start();
    }

    /** Before the first resume and after a save the socket is another part's; otherwise this is the console's end. */
    @Override
    public void close() {
        if (!owner) {
            return;
        }
        owner = false;
        try {
            context.release(Connections.CLIENT);
            context.release(Connections.LISTENER);
            Files.deleteIfExists(path);
        } catch (RevokedException fenced) {
            // The socket stays with the bay, for whoever comes next.
        } catch (IOException e) {
            context.logger().log(System.Logger.Level.WARNING, "{0} is left over: {1}", path, e.getMessage());
        }
    }
}
