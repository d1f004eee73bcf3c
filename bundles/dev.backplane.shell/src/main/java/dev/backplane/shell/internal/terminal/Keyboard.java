package dev.backplane.shell.internal.terminal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.terminal.ByteStream;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;

/**
 * The thread that reads standard input while a stream is attached. A terminal is read always, for the escape keys; of a pipe
 * no more is read than the stream in front has room for.
 */
final class Keyboard implements AutoCloseable {
    /** Small enough to fit in what a stream keeps waiting. */
    private static final int CHUNK_BYTES = 1024;

    private final ByteStream input;
    private final Duration longest;
    private final Reader reader;
    private final BooleanSupplier hasRoom;
    private final Semaphore poked = new Semaphore(0);
    private volatile boolean closed;

    /** Gets what was read. */
    @FunctionalInterface
    interface Reader {
        void accept(byte[] bytes, int offset, int length);
    }

    /**
     * Starts the thread.
     *
     * @param longest it waits for a key, before {@code hasRoom} is called again
     * @param reader gets the bytes, on the thread
     * @param hasRoom called on the thread before it reads, and when it was poked: delivers what waits and says whether more
     *     may be read
     */
    Keyboard(ByteStream input, Duration longest, Reader reader, BooleanSupplier hasRoom) {
        this.input = input;
        this.longest = longest;
        this.reader = reader;
        this.hasRoom = hasRoom;
        Thread.ofPlatform().daemon().name("keyboard").start(this::run);
    }

    /** Has {@code hasRoom} asked again. */
    void poke() {
        poked.release();
        input.wake();
    }

    private void run() {
        byte[] bytes = new byte[CHUNK_BYTES];
        try {
            while (!closed) {
                poked.drainPermits();
                if (!hasRoom.getAsBoolean()) {
                    poked.acquireUninterruptibly();
                    continue;
                }
                int count = input.read(bytes, 0, bytes.length, longest);
                if (count == ByteStream.END) {
                    return;
                }
                if (count > 0) {
                    reader.accept(bytes, 0, count);
                }
            }
        } catch (HostException e) {
            System.getLogger(Keyboard.class.getName())
                    .log(System.Logger.Level.WARNING, "standard input is not read any more: {0}", e.getMessage());
        } finally {
            input.close();
        }
    }

    /** Ends the thread; called from itself, after the current bytes. Does not wait for it. */
    @Override
    public void close() {
        closed = true;
        poke();
    }
}
