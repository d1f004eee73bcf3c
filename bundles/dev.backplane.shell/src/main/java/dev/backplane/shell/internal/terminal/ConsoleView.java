package dev.backplane.shell.internal.terminal;

import dev.backplane.shell.command.ShellTerminal;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A user's terminal on a machine's console, from {@link #run}'s begin to its end. */
public final class ConsoleView implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ConsoleView.class.getName());
    private static final String KEYS = """
            Ctrl-A x   detach; the machine goes on
            Ctrl-A c   the same
            Ctrl-A h   these keys
            Ctrl-A a   send Ctrl-A to the guest (also: Ctrl-A Ctrl-A)
            """;

    /** A person would rather hear the bell than wait; the keys must be heard, too. */
    private static final Duration PATIENCE = Duration.ofMillis(250);

    private static final Duration FOR_EVER = Duration.ofDays(365);
    private static final int PIECE_BYTES = 16 << 10;

    private final String name;
    private final ConsoleLine.Viewer viewer;
    private final ShellTerminal terminal;
    private final ShellTerminal.Listening listening;
    private volatile boolean off;
    private volatile boolean done;
    private Thread typist = Thread.currentThread();

    /**
     * Attaches.
     *
     * @param name the machine's, for messages
     */
    public ConsoleView(String name, ConsoleLine line, ShellTerminal terminal) {
        this.name = name;
        this.terminal = terminal;
        viewer = line.view();
        viewer.resize(terminal.size());
        listening = terminal.listen(this::changed);
    }

    /** The user's window, or the user. */
    private void changed() {
        viewer.resize(terminal.size());
        if (terminal.isGone()) {
            viewer.wake();
        }
    }

    /** The machine has ended: the view ends when everything was shown. Any thread. */
    public void off() {
        off = true;
        viewer.wake();
    }

    /** Shows and types until the user detaches, goes away, or the machine has ended. */
    public void run() throws IOException, InterruptedException {
        InputStream input = terminal.input();
        if (terminal.isInteractive()) {
            say("[" + name + ": Ctrl-A x detaches, Ctrl-A h lists the keys]");
        }
        typist = Thread.ofPlatform().daemon().name("console typist").start(() -> type(input));
        byte[] piece = new byte[PIECE_BYTES];
        OutputStream output = terminal.output();
        while (!done && !terminal.isGone()) {
            int count = viewer.read(piece);
            output.write(piece, 0, count);
            long lost = viewer.takeLost();
            if (lost > 0) {
                say("[" + lost + " bytes are not shown: this terminal was too slow]");
            }
            if (off && viewer.isDrained()) {
                say("[" + name + " is off]");
                return;
            }
        }
        if (!terminal.isGone()) {
            say("[detached from " + name + "]");
        }
    }

    private void say(String line) throws IOException {
        String end = terminal.isInteractive() ? "\r\n" : "\n";
        if (terminal.isInteractive()) {
            terminal.output().write((end + line.replace("\n", end).strip() + end).getBytes(StandardCharsets.UTF_8));
        }
    }

    private void type(InputStream input) {
        byte[] piece = new byte[1024];
        EscapeKeys keys = new EscapeKeys(new Typed());
        try {
            for (int count = input.read(piece); count >= 0 && !done; count = input.read(piece)) {
                if (terminal.isInteractive()) {
                    keys.accept(piece, 0, count);
                } else {
                    viewer.type(piece, 0, count, FOR_EVER);
                }
            }
            if (terminal.isInteractive()) {
                detach();
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "{0}: nothing more is typed: {1}", name, e.getMessage());
            detach();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void detach() {
        done = true;
        viewer.wake();
    }

    @Override
    public void close() {
        done = true;
        listening.close();
        viewer.close();
        if (typist == Thread.currentThread()) {
            return;
        }
        typist.interrupt();
        try {
            // The keys are the next command's.
            typist.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What the keys mean. The typist's thread. */
    private final class Typed implements EscapeKeys.Handler {
        @Override
        public void typed(byte[] bytes, int offset, int length) {
            try {
                if (!viewer.type(bytes, offset, length, PATIENCE)) {
                    terminal.output().write('\u0007');
                }
            } catch (IOException e) {
                detach();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                done = true;
            }
        }

        @Override
        public void quit() {
            detach();
        }

        @Override
        public void next() {
            detach();
        }

        @Override
        public void help() {
            try {
                say(KEYS);
            } catch (IOException e) {
                detach();
            }
        }
    }
}
