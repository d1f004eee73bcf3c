package dev.backplane.cpu.bt.internal.host;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The file in which perf(1) looks for the names of code that a process has made: /tmp/perf-PID.map, a line a piece (Linux,
 * tools/perf/Documentation/jit-interface.txt). One a process, made with the first {@link #open}. Thread-safe.
 */
public final class PerfMap {
    private static final System.Logger LOG = System.getLogger(PerfMap.class.getName());

    private final Path path;
    private @Nullable Writer out;

    public PerfMap() {
        this(Path.of("/tmp", "perf-" + ProcessHandle.current().pid() + ".map"));
    }

    PerfMap(Path path) {
        this.path = path;
    }

    /** Makes the file, if that was not done. */
    public synchronized PerfMap open() throws IOException {
        if (out == null) {
            // In a folder that everybody writes to, nobody's link is followed.
            Files.deleteIfExists(path);
            out = new java.io.OutputStreamWriter(
                    Files.newOutputStream(
                            path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                    StandardCharsets.US_ASCII);
        }
        return this;
    }

    /** Names a piece of code; a later piece at the same place replaces it. */
    public synchronized void add(long address, int bytes, String name) {
        if (out != null) {
            try {
                out.write(Long.toHexString(address) + " " + Integer.toHexString(bytes) + " " + name + "\n");
                out.flush();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "{0}: {1}: no more code is named", path, e.getMessage());
                out = null;
            }
        }
    }
}
