package dev.backplane.kernel.internal.fake;

import dev.backplane.api.console.ByteQueue;
import dev.backplane.api.console.ConsoleBackend;
import dev.backplane.api.console.ConsoleContext;
import dev.backplane.api.console.ConsolePort;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Option;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateVersion;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A console at which a test types. */
public final class Typist implements ConsoleBackend<Typist.Options, Typist.State> {
    /** Its options. */
    public record Options(
            @Option(value = "Unused.", byDefault = "\"\"") String label) {}

    /** Its state: none. */
    @StateVersion(schema = "typist", writes = 1, reads = 1)
    public record State(int spare) {}

    private final ByteQueue typed = new ByteQueue(1 << 16);
    private final ByteArrayOutputStream text = new ByteArrayOutputStream();
    private volatile @Nullable ConsoleContext context;

    /** How many bytes it takes; then it refuses. */
    private int room = Integer.MAX_VALUE;

    /** Types. */
    public void type(String keys) {
        byte[] bytes = keys.getBytes(StandardCharsets.ISO_8859_1);
        typed.offer(bytes, 0, bytes.length);
        ConsoleContext told = context;
        if (told != null) {
            told.readable();
        }
    }

    /** What the guest wrote. */
    public synchronized String text() {
        return text.toString(StandardCharsets.ISO_8859_1);
    }

    /** Takes so many bytes from now on. */
    public void room(int bytes) {
        synchronized (this) {
            room = bytes;
        }
        ConsoleContext told = context;
        if (told != null) {
            told.writable();
        }
    }

    private synchronized boolean put(byte value) {
        if (room == 0) {
            return false;
        }
        room--;
        text.write(value);
        return true;
    }

    @Override
    public ConsolePort<State> create(Options options, ConsoleContext made) {
        context = made;
        return new Port();
    }

    @Override
    public ConsolePort<State> restore(Options options, ConsoleContext made, State state) {
        context = made;
        return new Port();
    }

    private final class Port implements ConsolePort<State> {
        @Override
        public boolean write(byte value) {
            return put(value);
        }

        @Override
        public int read() {
            return typed.poll();
        }

        @Override
        public void quiesce(Deadline deadline) {}

        @Override
        public State save() {
            return new State(0);
        }

        @Override
        public void resume(Resumption why) {}

        @Override
        public void close() {
            context = null;
        }
    }
}
