package dev.backplane.console.socket.internal;

import dev.backplane.api.console.ByteQueue;
import dev.backplane.api.console.ConsoleContext;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.RevokedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The thread that waits for clients, and moves bytes between the one that is there and the queues. It never blocks but in
 * its selector, so that it can always be stopped; what a client has not taken stays in the queue.
 */
final class ClientLoop {
    private static final int CHUNK_BYTES = 4096;

    private final ConsoleContext context;
    private final Connections connections;
    private final ByteQueue output;
    private final ByteQueue input;
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private volatile boolean hasClient;
    private volatile boolean awaitsOutput;
    private volatile boolean awaitsRoom;
    private volatile @Nullable Selector selector;
    private volatile boolean draining;
    private volatile boolean stopping;
    private boolean running;
    private boolean owesWritable;

    ClientLoop(ConsoleContext context, Connections connections, ByteQueue output, ByteQueue input) {
        this.context = context;
        this.connections = connections;
        this.output = output;
        this.input = input;
        this.hasClient = connections.client() != null;
    }

    boolean hasClient() {
        return hasClient;
    }

    /** Output was given to the queue, or refused. A refusal counts, since the client may have gone at that moment. */
    void outputGiven(boolean taken) {
        if (awaitsOutput || !taken) {
            wake();
        }
    }

    /** Input was taken out of the queue. */
    void inputTaken() {
        if (awaitsRoom && input.size() <= input.capacity() / 2) {
            wake();
        }
    }

    /** Makes it look again. Any thread. */
    private void wake() {
        Selector waiting = selector;
        if (waiting != null) {
            waiting.wakeup();
        }
    }

    /** Starts it, or lets it go on after a {@link #stop} that failed. */
    synchronized void start() {
        draining = false;
        stopping = false;
        if (!running) {
            running = true;
            context.executor().execute(this::run);
        }
    }

    /** Stops it: when the client has taken all output, or after half of the time with what is left in the queue. */
    synchronized void stop(Deadline deadline) throws InterruptedException {
        draining = true;
        wake();
        await(deadline.remainingNanos() / 2);
        stopping = true;
        wake();
        await(deadline.remainingNanos());
        if (running) {
            throw new IllegalStateException(context.id() + ": the socket's thread does not stop");
        }
    }

    private void run() {
        try {
            do {
                serve();
            } while (!ended());
        } catch (RevokedException late) {
            end();
        } catch (IOException | RuntimeException e) {
            end();
            context.fail(context.id() + ": the socket failed: " + e.getMessage(), e);
        }
    }

    /** Serves clients until it has to stop. */
    private void serve() throws IOException {
        try (Selector opened = Selector.open()) {
            selector = opened;
            connections.listener().register(opened, SelectionKey.OP_ACCEPT);
            boolean done = false;
            while (!done) {
                boolean last = stopping || draining && !hasOutputToSend();
                watchClient(opened);
                if (last) {
                    // A client that has just connected still gets what was written.
                    opened.selectNow(this::ready);
                } else {
                    opened.select(this::ready);
                }
                tellDevice();
                done = stopping || last && !hasOutputToSend();
            }
        } finally {
            selector = null;
        }
    }

    private boolean hasOutputToSend() {
        return connections.client() != null && output.size() > 0;
    }

    /**
     * Listens for what can be done: reading only where there is room, writing only where there is something to write. Says
     * what it will not notice by itself before it looks, so that whoever changes that meanwhile wakes it.
     */
    private void watchClient(Selector opened) throws IOException {
        SocketChannel client = connections.client();
        awaitsOutput = client != null;
        awaitsRoom = client != null;
        if (client == null) {
            return;
        }
        int interests = 0;
        if (output.size() > 0) {
            interests |= SelectionKey.OP_WRITE;
            awaitsOutput = false;
        }
        if (input.size() < input.capacity()) {
            interests |= draining ? 0 : SelectionKey.OP_READ;
            awaitsRoom = false;
        }
        client.register(opened, interests);
    }

    private void ready(SelectionKey key) {
        try {
            if (key.isAcceptable()) {
                hasClient |= connections.accept();
            }
            if (key.isValid() && key.isReadable()) {
                receive((SocketChannel) key.channel());
            }
            if (key.isValid() && key.isWritable()) {
                send((SocketChannel) key.channel());
            }
        } catch (IOException e) {
            context.logger().log(System.Logger.Level.DEBUG, "the client is gone: {0}", e.getMessage());
            drop();
        }
    }

    private void receive(SocketChannel client) throws IOException {
        int room = input.capacity() - input.size();
        int count = client.read(ByteBuffer.wrap(chunk, 0, Math.min(room, CHUNK_BYTES)));
        if (count < 0) {
            drop();
            return;
        }
        input.offer(chunk, 0, count);
        context.readable();
    }

    private void send(SocketChannel client) throws IOException {
        int count = output.peek(chunk);
        output.remove(client.write(ByteBuffer.wrap(chunk, 0, count)));
    }

    private void drop() {
        hasClient = false;
        connections.drop();
    }

    /** The device may try again what was refused, once there is room or nobody who has to take it. */
    private void tellDevice() {
        owesWritable |= output.takeRefused();
        if (owesWritable && (!hasClient || output.size() < output.capacity())) {
            owesWritable = false;
            context.writable();
        }
    }

    /** False where it was started again after it was told to stop. */
    private synchronized boolean ended() {
        if (draining) {
            end();
        }
        return draining;
    }

    private synchronized void end() {
        running = false;
        notifyAll();
    }

    private void await(long nanos) throws InterruptedException {
        long end = System.nanoTime() + nanos;
        long left;
        while (running && (left = end - System.nanoTime()) > 0) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }
}
