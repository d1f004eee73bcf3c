package dev.backplane.device.virtio.vsock.internal;

import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.RevokedException;
import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The thread that waits for the host's sockets. It blocks in its selector alone, so that it can always be stopped. */
final class HostLoop {
    private final DeviceContext context;
    private volatile @Nullable Selector selector;
    private volatile boolean stopping;
    private boolean running;

    HostLoop(DeviceContext context) {
        this.context = context;
    }

    /** Makes it look again. Any thread. */
    void wake() {
        Selector waiting = selector;
        if (waiting != null) {
            waiting.wakeup();
        }
    }

    /** Starts it, or lets it go on after a {@link #stop} that failed. */
    synchronized void start(Hub on, ServerSocketChannel listening) {
        stopping = false;
        if (!running) {
            running = true;
            context.executor().execute(() -> run(on, listening));
        }
    }

    synchronized void stop(Deadline deadline) throws InterruptedException {
        stopping = true;
        while (running) {
            wake();
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline.remainingNanos()));
            if (running && deadline.passed()) {
                throw new IllegalStateException("the sockets' thread does not stop");
            }
        }
    }

    private void run(Hub on, ServerSocketChannel listening) {
        try {
            do {
                serve(on, listening);
            } while (!ended());
        } catch (RevokedException late) {
            end();
        } catch (IOException | RuntimeException e) {
            end();
            context.fail("the sockets failed: " + e.getMessage(), e);
        }
    }

    private void serve(Hub on, ServerSocketChannel listening) throws IOException {
        try (Selector opened = Selector.open()) {
            selector = opened;
            listening.register(opened, SelectionKey.OP_ACCEPT);
            while (!stopping) {
                watch(on, opened);
                opened.select(key -> ready(on, key));
                on.feedGuest();
            }
        } finally {
            selector = null;
        }
    }

    /** Whoever changes what is to be watched wakes the selector afterwards. */
    private static void watch(Hub on, Selector opened) {
        synchronized (on) {
            for (Connection connection : on.connections()) {
                SocketChannel channel = connection.channel();
                if (channel != null && channel.isOpen()) {
                    watch(connection, channel, opened);
                }
            }
        }
    }

    private static void watch(Connection connection, SocketChannel channel, Selector opened) {
        SelectionKey key = channel.keyFor(opened);
        int interests = connection.interests();
        try {
            if (key == null) {
                channel.register(opened, interests, connection);
            } else if (key.interestOps() != interests) {
                key.interestOps(interests);
            }
        } catch (ClosedChannelException | CancelledKeyException gone) {
            // It has been closed at this moment; whoever did that has dealt with the connection.
        }
    }

    private void ready(Hub on, SelectionKey key) {
        try {
            if (key.isAcceptable()) {
                accept(on, (ServerSocketChannel) key.channel());
            } else {
                on.ready((Connection) key.attachment(), key.isReadable(), key.isWritable());
            }
        } catch (CancelledKeyException gone) {
            // As above.
        }
    }

    private void accept(Hub on, ServerSocketChannel from) {
        try {
            SocketChannel client = from.accept();
            if (client != null) {
                client.configureBlocking(false);
                on.greet(client);
            }
        } catch (IOException e) {
            context.logger().log(System.Logger.Level.WARNING, "a program could not connect: {0}", e.getMessage());
        }
    }

    /** False where it was started again after it was told to stop. */
    private synchronized boolean ended() {
        if (stopping) {
            end();
        }
        return !running;
    }

    private synchronized void end() {
        running = false;
        notifyAll();
    }
}
