package dev.backplane.kernel.internal.fake;

import dev.backplane.api.console.ConsoleBackend;
import dev.backplane.api.console.ConsoleContext;
import dev.backplane.api.console.ConsolePort;
import dev.backplane.api.part.Option;
import dev.backplane.api.state.StateVersion;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A console that keeps what it is given; the text stays when parts come and go. */
public final class Sink implements ConsoleBackend<Sink.Options, Sink.State> {
    /** Its options. */
    public record Options(
            @Option(value = "Unused.", byDefault = "\"\"") String label) {}

    /** Its state: none. */
    @StateVersion(schema = "sink", writes = 1, reads = 1)
    public record State(int spare) {}

    private final ByteArrayOutputStream text = new ByteArrayOutputStream();

    /** What was printed. */
    public synchronized String text() {
        return text.toString(StandardCharsets.ISO_8859_1);
    }

    private synchronized void put(byte value) {
        text.write(value);
    }

    @Override
    public ConsolePort<State> create(Options options, ConsoleContext context) {
        return new Port();
    }

    @Override
    public ConsolePort<State> restore(Options options, ConsoleContext context, State state) {
        return new Port();
    }

    private final class Port implements ConsolePort<State>, Inert<State> {
        @Override
        public boolean write(byte value) {
            put(value);
            return true;
        }

        @Override
        public int read() {
            return -1;
        }

        @Override
        public State save() {
            return new State(0);
        }
    }
}
