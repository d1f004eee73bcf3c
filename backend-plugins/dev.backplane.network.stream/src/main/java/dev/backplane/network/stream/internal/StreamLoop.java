package dev.backplane.network.stream.internal;

import dev.backplane.api.network.FrameQueue;
import dev.backplane.api.network.NetworkContext;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.RevokedException;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The thread that calls or waits for the far end, and moves frames between it and the queues. It blocks nowhere but in its selector, so that
 * it can always be stopped; what has not been moved stays in the queues and the {@link Framing}.
 */
final class StreamLoop {
    private final NetworkContext context;
    private final Connection connection;
    private final FrameQueue incoming;
    private final FrameQueue outgoing;
    private final Framing framing;
    private final Duration reconnect;
    private volatile boolean connected;
    private volatile @Nullable Selector selector;
    private volatile boolean stopping;
    /** Nothing is to be sent, and it will not notice by itself when there is. */
    private volatile boolean awaitsOutput;

    private boolean running;
    private boolean complained;
    private long callAt = System.nanoTime();

    StreamLoop(
            NetworkContext context,
            Connection connection,
            FrameQueue incoming,
            FrameQueue outgoing,
            Framing framing,
            Duration reconnect) {
        this.context = context;
        this.connection = connection;
        this.incoming = incoming;
        this.outgoing = outgoing;
        this.framing = framing;
        this.reconnect = reconnect;
        SocketChannel farEnd = connection.farEnd();
        connected = farEnd != null && farEnd.isConnected();
    }

    boolean isConnected() {
        return connected;
    }

    /** A frame was queued for the far end, or refused. Any thread. */
    void outputGiven() {
        if (awaitsOutput) {
            wake();
        }
    }

    /** Has it look at the queues again. Any thread. */
    void wake() {
        Selector waiting = selector;
        if (waiting != null) {
            waiting.wakeup();
        }
    }

    /** Starts it, or lets it go on after a {@link #stop} that failed. */
    synchronized void start() {
        stopping = false;
        if (!running) {
            running = true;
            context.executor().execute(this::run);
        }
    }

    synchronized void stop(Deadline deadline) throws InterruptedException {
        stopping = true;
        wake();
        while (running) {
            if (deadline.passed()) {
                throw new IllegalStateException(connection + ": the socket's thread does not come to rest");
            }
            TimeUnit.NANOSECONDS.timedWait(this, deadline.remainingNanos());
        }
    }

    private void run() {
        try (Selector opened = Selector.open()) {
            selector = opened;
            ServerSocketChannel listener = connection.listener();
            if (listener != null) {
                listener.register(opened, SelectionKey.OP_ACCEPT);
            }
            while (!stopping) {
                turn(opened);
            }
        } catch (RevokedException late) {
            // Nobody wants it any more.
        } catch (IOException e) {
            context.fail(connection + ": " + e.getMessage(), e);
        } finally {
            selector = null;
            synchronized (this) {
                running = false;
                notifyAll();
            }
        }
    }

    private void turn(Selector opened) throws IOException {
        long wait = callOrWait();
        watch(opened);
        if (stopping) {
            return;
        }
        if (wait > 0) {
            opened.select(this::ready, TimeUnit.NANOSECONDS.toMillis(wait) + 1);
        } else {
            opened.select(this::ready);
        }
    }

    /** A device that was refused is told when something has been sent since, or nobody is there to whom it could be. */
    private void tellOfRoom() {
        if (outgoing.takeRefused()) {
            context.writable();
        }
    }

    /** Calls where it is time to; returns how long to wait for that, 0 where that is not what it waits for. */
    private long callOrWait() {
        if (connection.listener() != null || connection.farEnd() != null) {
            return 0;
        }
        long wait = callAt - System.nanoTime();
        if (wait <= 0) {
            callAt = System.nanoTime() + reconnect.toNanos();
            try {
                connection.call();
                wait = 0;
            } catch (IOException e) {
                complain(e);
                wait = reconnect.toNanos();
            }
        }
        return wait;
    }

    /** Says it once: a far end that is not there is not there many times. */
    private void complain(IOException e) {
        if (!complained) {
            complained = true;
            context.logger().log(System.Logger.Level.INFO, "{0} does not answer yet: {1}", connection, e.getMessage());
        }
    }

    /** Listens for what can be done: reading only where there is room, writing only where there is something to write. */
    private void watch(Selector opened) throws IOException {
        SocketChannel farEnd = connection.farEnd();
        if (farEnd == null) {
            return;
        }
        if (!farEnd.isConnected()) {
            farEnd.register(opened, SelectionKey.OP_CONNECT);
            return;
        }
        if (!connected) {
            setConnected(true);
        }
        if (framing.unpack() > 0) {
            context.readable();
        }
        int interests = framing.isFull() ? 0 : SelectionKey.OP_READ;
        // Said before it looks, so that whoever queues a frame meanwhile wakes it.
        awaitsOutput = true;
        if (framing.hasToSend()) {
            awaitsOutput = false;
            interests |= SelectionKey.OP_WRITE;
        }
        farEnd.register(opened, interests);
    }

    private void setConnected(boolean now) {
        connected = now;
        if (now) {
            complained = false;
            context.logger().log(System.Logger.Level.INFO, "{0}: connected", connection);
        }
        context.linkChanged();
    }

    private void ready(SelectionKey key) {
        try {
            if (key.isAcceptable()) {
                connection.accept((ServerSocketChannel) key.channel());
                return;
            }
            SocketChannel farEnd = (SocketChannel) key.channel();
            if (key.isConnectable()) {
                farEnd.finishConnect();
                return;
            }
            if (key.isReadable()) {
                int before = incoming.frames();
                boolean open = framing.receive(farEnd);
                if (incoming.frames() > before || before > 0) {
                    context.readable();
                }
                if (!open) {
                    drop("it has closed the connection");
                    return;
                }
            }
            if (key.isWritable()) {
                framing.send(farEnd);
                tellOfRoom();
            }
        } catch (IOException e) {
            if (connected) {
                drop(String.valueOf(e.getMessage()));
            } else {
                complain(e);
                connection.drop();
            }
        }
    }

    /** What was for the far end that has gone is for nobody. */
    private void drop(String why) {
        context.logger().log(System.Logger.Level.INFO, "{0}: the far end is gone: {1}", connection, why);
        connection.drop();
        framing.forget();
        outgoing.clear();
        setConnected(false);
        tellOfRoom();
    }
}
