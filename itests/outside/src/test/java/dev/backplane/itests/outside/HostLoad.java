package dev.backplane.itests.outside;

import java.io.IOException;

/** A process that keeps all of the host's processors busy, and ends with the test's at the latest. */
final class HostLoad implements AutoCloseable {
    private static final String BURN = """
            burn() {
                while kill -0 $1 2>/dev/null; do
                    i=0
                    while [ $i -lt 100000 ]; do i=$((i + 1)); done
                done
            }
            n=0
            while [ $n -lt $2 ]; do burn $1 & n=$((n + 1)); done
            wait
            """;

    private final Process process;

    private HostLoad(Process process) {
        this.process = process;
    }

    static HostLoad start() throws IOException {
        long self = ProcessHandle.current().pid();
        int processors = Runtime.getRuntime().availableProcessors();
        return new HostLoad(
                new ProcessBuilder("sh", "-c", BURN, "load", Long.toString(self), Integer.toString(processors))
                        .start());
    }

    boolean isRunning() {
        return process.isAlive()
                && process.descendants().count() >= Runtime.getRuntime().availableProcessors();
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
