package dev.backplane.console.stdio.internal;

import dev.backplane.api.console.ByteQueue;
import dev.backplane.api.console.HostTerminal;
import dev.backplane.api.console.TerminalSize;
import dev.backplane.testkit.ConsoleContract.FarEnd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A terminal with a user. What a stream does not take waits for it, or for the next stream. */
final class FakeTerminal implements HostTerminal, FarEnd {
    private final ByteQueue screen = new ByteQueue(1 << 20);
    private final List<Stream> streams = new ArrayList<>();
    private volatile @Nullable CountDownLatch stopped;
    private volatile TerminalSize size = new TerminalSize(80, 24);
    private volatile boolean gone;

    @Override
    public Attachment attach(String name, Input input) throws IOException {
        if (gone) {
            throw new IOException("hung up");
        }
        synchronized (this) {
            Stream stream = new Stream(input);
            streams.add(stream);
            notifyAll();
            return stream;
        }
    }

    @Override
    public TerminalSize size() {
        return size;
    }

    /** The user drags the window's corner. */
    synchronized void resize(int columns, int rows) {
        size = new TerminalSize(columns, rows);
        streams.forEach(stream -> stream.input.resized());
    }

    /** From now on nothing is taken. */
    void stop() {
        stopped = new CountDownLatch(1);
    }

    void goOn() {
        CountDownLatch held = stopped;
        stopped = null;
        if (held != null) {
            held.countDown();
        }
    }

    void hangUp() {
        gone = true;
    }

    synchronized int attached() {
        return streams.size();
    }

    @Override
    public byte[] receive(int count) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] chunk = new byte[4096];
        while (bytes.size() < count) {
            int arrived = screen.await(chunk);
            bytes.write(chunk, 0, arrived);
            screen.remove(arrived);
        }
        return bytes.toByteArray();
    }

    /** Keeps offering to the last stream attached. */
    @Override
    public void send(byte[] bytes) throws InterruptedException {
        int done = 0;
        while (done < bytes.length) {
            synchronized (this) {
                int taken = streams.isEmpty()
                        ? 0
                        : streams.getLast().input.accept(bytes, done, Math.min(1000, bytes.length - done));
                done += taken;
                if (taken == 0) {
                    TimeUnit.MILLISECONDS.timedWait(this, 10_000);
                }
            }
        }
    }

    @Override
    public void close() {
        // The terminal stays.
    }

    private final class Stream implements Attachment {
        private final Input input;

        Stream(Input input) {
            this.input = input;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            CountDownLatch held = stopped;
            try {
                if (held != null) {
                    held.await();
                }
            } catch (InterruptedException e) {
                throw new IOException("nothing is cancelled by interrupt", e);
            }
            if (gone) {
                throw new IOException("hung up");
            }
            if (screen.offer(bytes, offset, length) < length) {
                throw new IOException("the screen is full");
            }
        }

        @Override
        public TerminalSize size() {
            return size;
        }

        @Override
        public void ready() {
            synchronized (FakeTerminal.this) {
                FakeTerminal.this.notifyAll();
            }
        }

        @Override
        public void close() {
            synchronized (FakeTerminal.this) {
                streams.remove(this);
            }
        }
    }
}
