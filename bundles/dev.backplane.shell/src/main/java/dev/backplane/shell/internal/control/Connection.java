package dev.backplane.shell.internal.control;

import dev.backplane.api.console.TerminalSize;
import dev.backplane.shell.command.ShellTerminal;
import dev.backplane.shell.internal.terminal.Keys;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One client: its request, and its terminal as long as that takes. One thread reads what comes, another carries out the request; when the
 * client goes away, what it asked for is seen to its end.
 */
public final class Connection implements ShellTerminal {
    private static final System.Logger LOG = System.getLogger(Connection.class.getName());
    private static final int FAILED = 1;
    private static final int PIECE_BYTES = 16 << 10;

    private final SocketChannel channel;
    private final ControlSocket.Handler handler;
    private final Consumer<Connection> ended;
    private final Semaphore room = new Semaphore(0);
    private final Keys keys = new Keys(room::release);
    private final AtomicBoolean wanted = new AtomicBoolean();
    private final ReentrantLock writing = new ReentrantLock();
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private volatile TerminalSize size = TerminalSize.UNKNOWN;
    private volatile boolean gone;
    private @Nullable Request request;

    Connection(SocketChannel channel, ControlSocket.Handler handler, Consumer<Connection> ended) {
        this.channel = channel;
        this.handler = handler;
        this.ended = ended;
    }

    /** Sees the client through. On its thread. */
    void run(String refusal) {
        try (channel) {
            Frame first = Frame.read(channel);
            if (first == null) {
                return;
            }
            if (!refusal.isEmpty()) {
                refuse(refusal);
                return;
            }
            Request asked;
            try {
                asked = Request.of(first);
            } catch (IOException e) {
                refuse(String.valueOf(e.getMessage()));
                return;
            }
            request = asked;
            size = new TerminalSize(asked.columns(), asked.rows());
            // Commands read files and call the host.
            Thread.ofPlatform().daemon().name("control command").start(this::carryOut);
            read();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a control connection ended: {0}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            gone = true;
            keys.end();
            changed();
            ended.accept(this);
        }
    }

    private void refuse(String why) throws IOException {
        write(Frame.of(Frame.Kind.ERRORS, "backplane: " + why + "\n"));
        write(Frame.of(Frame.Kind.STATUS, Integer.toString(FAILED)));
    }

    private void carryOut() {
        int status = FAILED;
        try {
            status = handler.run(this);
        } catch (Exception | LinkageError e) {
            LOG.log(System.Logger.Level.ERROR, "a request failed", e);
            say("an error in Backplane itself: " + e);
        }
        try {
            write(Frame.of(Frame.Kind.STATUS, Integer.toString(status)));
        } catch (IOException e) {
            // The client has not waited for it.
        }
        close();
    }

    private void read() throws IOException, InterruptedException {
        for (Frame frame = Frame.read(channel); frame != null; frame = Frame.read(channel)) {
            switch (frame.kind()) {
                case INPUT -> type(frame.bytes());
                case END -> keys.end();
                case SIZE -> resize(frame.text());
                default -> throw new IOException("a client sends no " + frame.kind());
            }
        }
    }

    /** What the command has no room for stays with the client. */
    private void type(byte[] bytes) throws InterruptedException {
        int done = keys.offer(bytes, 0, bytes.length);
        while (done < bytes.length && channel.isOpen()) {
            room.acquire();
            room.drainPermits();
            done += keys.offer(bytes, done, bytes.length - done);
        }
    }

    private void resize(String text) throws IOException {
        String[] words = text.split(" ");
        if (words.length != 2) {
            throw new IOException("a size was expected, not '" + text + "'");
        }
        size = new TerminalSize(Request.number(words[0]), Request.number(words[1]));
        changed();
    }

    private void changed() {
        listeners.forEach(Runnable::run);
    }

    private void write(Frame frame) throws IOException {
        writing.lock();
        try {
            frame.write(channel);
        } finally {
            writing.unlock();
        }
    }

    /** What it asks for. The command's thread. */
    public Request request() {
        Request asked = request;
        if (asked == null) {
            throw new IllegalStateException("the request has not come");
        }
        return asked;
    }

    /** Says a line on the client's standard error. Any thread; a client that is gone misses it. */
    public void say(String line) {
        try {
            write(Frame.of(Frame.Kind.ERRORS, "backplane: " + line + "\n"));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "nobody hears: {0}", line);
        }
    }

    @Override
    public InputStream input() {
        if (wanted.compareAndSet(false, true)) {
            try {
                write(new Frame(Frame.Kind.KEYS, new byte[0]));
            } catch (IOException e) {
                keys.end();
            }
        }
        return keys;
    }

    @Override
    public OutputStream output() {
        return new FilterOutputStream(OutputStream.nullOutputStream()) {
            @Override
            public void write(int value) throws IOException {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                for (int done = 0; done < length; done += PIECE_BYTES) {
                    byte[] piece = new byte[Math.min(PIECE_BYTES, length - done)];
                    System.arraycopy(bytes, offset + done, piece, 0, piece.length);
                    Connection.this.write(new Frame(Frame.Kind.OUTPUT, piece));
                }
            }
        };
    }

    @Override
    public boolean isInteractive() {
        return request().interactive();
    }

    @Override
    public TerminalSize size() {
        return size;
    }

    @Override
    public Listening listen(Runnable change) {
        listeners.add(change);
        return () -> listeners.remove(change);
    }

    @Override
    public boolean isGone() {
        return gone;
    }

    /** Ends it. Any thread. */
    void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a control connection does not close: {0}", e.getMessage());
        }
        keys.end();
        room.release();
    }
}
