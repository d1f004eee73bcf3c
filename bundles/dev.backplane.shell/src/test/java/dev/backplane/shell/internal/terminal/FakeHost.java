package dev.backplane.shell.internal.terminal;

import dev.backplane.natives.Host;
import dev.backplane.natives.event.HostEvents;
import dev.backplane.natives.file.HostFiles;
import dev.backplane.natives.kvm.HostKvm;
import dev.backplane.natives.memory.HostMemory;
import dev.backplane.natives.network.HostTaps;
import dev.backplane.natives.process.HostProcess;
import dev.backplane.natives.terminal.ByteStream;
import dev.backplane.natives.terminal.Direction;
import dev.backplane.natives.terminal.HostTerminals;
import dev.backplane.natives.terminal.ModeChange;
import dev.backplane.natives.terminal.TerminalMode;
import dev.backplane.natives.terminal.WindowSize;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** A host with one terminal, or pipes, on which the test types and which it reads. */
public final class FakeHost implements Host {
    private static final byte[] WAKE = {};
    private static final byte[] END_OF_INPUT = {0};

    private final boolean terminal;
    private volatile WindowSize size = new WindowSize(24, 80);
    private final LinkedBlockingQueue<byte[]> typed = new LinkedBlockingQueue<>();
    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private final AtomicInteger raw = new AtomicInteger();
    private final AtomicInteger reads = new AtomicInteger();

    public FakeHost(boolean terminal) {
        this.terminal = terminal;
    }

    /** The user drags the window's corner. */
    public void resize(int rows, int columns) {
        size = new WindowSize(rows, columns);
    }

    void type(String text) {
        typed.add(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void endInput() {
        typed.add(END_OF_INPUT);
    }

    String shown() {
        synchronized (shown) {
            return shown.toString(StandardCharsets.ISO_8859_1);
        }
    }

    boolean isRaw() {
        return raw.get() == 1;
    }

    /** Pieces of input that have been read. */
    int reads() {
        return reads.get();
    }

    static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("it did not happen within 20 s");
            }
            Thread.sleep(2);
        }
    }

    @Override
    public HostTerminals terminals() {
        return new Terminals();
    }

    @Override
    public HostMemory memory() {
        throw new UnsupportedOperationException();
    }

    @Override
    public HostFiles files() {
        throw new UnsupportedOperationException();
    }

    @Override
    public HostProcess process() {
        throw new UnsupportedOperationException();
    }

    @Override
    public HostTaps taps() {
        throw new UnsupportedOperationException();
    }

    @Override
    public HostEvents events() {
        throw new UnsupportedOperationException();
    }

    @Override
    public HostKvm kvm() {
        throw new UnsupportedOperationException();
    }

    private final class Terminals implements HostTerminals {
        @Override
        public boolean isTerminal(int descriptor) {
            return terminal;
        }

        @Override
        public WindowSize windowSize(int descriptor) {
            return size;
        }

        @Override
        public ModeChange change(int descriptor, TerminalMode mode) {
            raw.incrementAndGet();
            return new ModeChange() {
                private boolean closed;

                @Override
                public void reapply() {}

                @Override
                public synchronized void close() {
                    if (!closed) {
                        closed = true;
                        raw.decrementAndGet();
                    }
                }
            };
        }

        @Override
        public ByteStream stream(int descriptor, Direction direction) {
            return direction == Direction.INPUT ? new Input() : new Output();
        }
    }

    private final class Input implements ByteStream {
        @Override
        public int read(byte[] target, int offset, int length, Duration timeout) {
            try {
                byte[] bytes = typed.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
                if (bytes == null) {
                    return 0;
                }
                if (bytes == END_OF_INPUT) {
                    return ByteStream.END;
                }
                if (bytes != WAKE) {
                    reads.incrementAndGet();
                }
                System.arraycopy(bytes, 0, target, offset, bytes.length);
                return bytes.length;
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public int write(byte[] source, int offset, int length, Duration timeout) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void wake() {
            typed.add(WAKE);
        }

        @Override
        public void close() {}
    }

    private final class Output implements ByteStream {
        @Override
        public int read(byte[] target, int offset, int length, Duration timeout) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int write(byte[] source, int offset, int length, Duration timeout) {
            synchronized (shown) {
                // As a terminal may: less than was asked for.
                int part = Math.min(length, 5);
                shown.write(source, offset, part);
                return part;
            }
        }

        @Override
        public void wake() {}

        @Override
        public void close() {}
    }
}
