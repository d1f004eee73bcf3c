package dev.backplane.shell.internal.cli;

import dev.backplane.api.debug.TraceKind;
import dev.backplane.api.debug.TraceSink;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Where a trace goes, one line an event: the vCPU, the kind, the text. */
final class TraceLog implements TraceSink, AutoCloseable {
    private static final String[] NAMES = names();

    private final Environment environment;
    private final Writer out;
    private final boolean flushes;
    private final long @Nullable [] range;
    private long left;
    private Runnable whenFull = () -> {};

    private TraceLog(Environment environment, Writer out, boolean flushes, long @Nullable [] range, long limit) {
        this.environment = environment;
        this.out = out;
        this.flushes = flushes;
        this.range = range;
        this.left = limit;
    }

    /** To a file, or to standard error without one. */
    static TraceLog open(Environment environment, @Nullable Path file, long @Nullable [] range, long limit)
            throws IOException {
        if (file != null) {
            return new TraceLog(environment, Files.newBufferedWriter(file), false, range, limit);
        }
        Writer writer = new BufferedWriter(new OutputStreamWriter(environment.err(), StandardCharsets.UTF_8));
        return new TraceLog(environment, writer, true, range, limit);
    }

    /** What is to be done when the limit is reached; it must not block. */
    synchronized void whenFull(Runnable action) {
        whenFull = action;
    }

    private static String[] names() {
        String[] names = new String[TraceKind.values().length];
        for (TraceKind kind : TraceKind.values()) {
            names[kind.ordinal()] = "%-4s".formatted(kind.name().toLowerCase(Locale.ROOT));
        }
        return names;
    }

    @Override
    public void line(int vcpu, TraceKind kind, long address, String text) {
        if (range != null
                && (kind == TraceKind.EXEC || kind == TraceKind.BLOCKS)
                && (Long.compareUnsigned(address, range[0]) < 0 || Long.compareUnsigned(address, range[1]) >= 0)) {
            return;
        }
        write(vcpu + " " + NAMES[kind.ordinal()] + " " + text + "\n");
    }

    private synchronized void write(String line) {
        if (left == 0) {
            return;
        }
        try {
            out.write(line);
            if (--left == 0) {
                out.flush();
                environment.say("--trace-limit is reached: the trace ends, the guest goes on");
                whenFull.run();
            } else if (flushes) {
                out.flush();
            }
        } catch (IOException e) {
            left = 0;
            environment.say("the trace cannot be written: " + e.getMessage());
        }
    }

    @Override
    public synchronized void close() throws IOException {
        left = 0;
        if (flushes) {
            out.flush();
        } else {
            out.close();
        }
    }
}
