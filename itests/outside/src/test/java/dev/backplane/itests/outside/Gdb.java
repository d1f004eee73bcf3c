package dev.backplane.itests.outside;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Debian's gdb, without a terminal. */
final class Gdb {
    private static final Path PROGRAM = Path.of("/usr/bin/gdb");

    private Gdb() {}

    static boolean isInstalled() {
        return Files.isExecutable(PROGRAM);
    }

    /** A port of the loopback interface that was free a moment ago. */
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /**
     * Runs commands against a port, and returns what gdb prints. Where it prints {@code READY}, it gets a Ctrl-C half a second
     * later.
     */
    static String run(Path folder, int port, Duration timeout, List<String> commands) throws IOException {
        Path script = Files.writeString(
                folder.resolve("commands.gdb"),
                "set pagination off\nset confirm off\nset tcp connect-timeout 30\ntarget remote :" + port + "\n"
                        + String.join("\n", commands) + "\n");
        Process gdb = new ProcessBuilder(PROGRAM.toString(), "-nx", "-batch", "-x", script.toString())
                .redirectErrorStream(true)
                .directory(folder.toFile())
                .start();
        try {
            gdb.getOutputStream().close();
            var text = new StringBuilder();
            Thread.ofVirtual().start(() -> kill(gdb, timeout));
            for (String line = gdb.inputReader().readLine();
                    line != null;
                    line = gdb.inputReader().readLine()) {
                text.append(line).append('\n');
                if (line.equals("READY")) {
                    Thread.ofVirtual().start(() -> interrupt(gdb));
                }
            }
            return text.toString();
        } finally {
            gdb.destroyForcibly();
        }
    }

    private static void kill(Process gdb, Duration timeout) {
        try {
            if (!gdb.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                gdb.destroyForcibly();
            }
        } catch (InterruptedException e) {
            gdb.destroyForcibly();
        }
    }

    private static void interrupt(Process gdb) {
        try {
            Thread.sleep(500);
            new ProcessBuilder("kill", "-s", "INT", Long.toString(gdb.pid())).start();
        } catch (IOException | InterruptedException e) {
            gdb.destroyForcibly();
        }
    }
}
