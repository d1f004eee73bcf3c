package dev.backplane.shell.internal.gogo;

import dev.backplane.api.console.HostTerminal;
import dev.backplane.api.console.TerminalSize;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.internal.terminal.TerminalSwitch;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.apache.felix.service.command.CommandProcessor;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.ExternalTerminal;
import org.jspecify.annotations.Nullable;

/** One session of Gogo on the terminal, with JLine's line editing. The thread that calls {@link #run}. */
final class ShellSession implements AutoCloseable {
    private static final String PROMPT = "backplane> ";
    private static final String WELCOME = "Backplane's shell: 'help' lists the commands, 'exit' or Ctrl-D leaves it,"
            + " Ctrl-A c goes back to the guest.";

    private final Keys keys = new Keys(this::roomAgain);
    private final TerminalSwitch host;
    private final CommandProcessor processor;
    private final ShellCommands commands;
    private final Terminal terminal;
    private volatile HostTerminal.@Nullable Attachment attachment;

    ShellSession(TerminalSwitch host, CommandProcessor processor, ShellCommands commands) throws IOException {
        this.host = host;
        this.processor = processor;
        this.commands = commands;
        host.message(WELCOME);
        HostTerminal.Attachment attached = host.attachShell(keys::offer);
        attachment = attached;
        String type = System.getenv().getOrDefault("TERM", "dumb");
        try {
            terminal = new ExternalTerminal("backplane", type, keys, output(attached), StandardCharsets.UTF_8);
        } catch (IOException | RuntimeException e) {
            attached.close();
            throw e;
        }
    }

    /** The window may have been resized since the last line. */
    private void measure() {
        TerminalSize size = host.size();
        if (size.columns() > 0) {
            terminal.setSize(new Size(size.columns(), size.rows()));
        }
    }

    /** Reads and runs commands until the user leaves. */
    void run() {
        PrintStream out = new PrintStream(terminal.output(), true, StandardCharsets.UTF_8);
        ShellCall call = new Call(out);
        try (ShellLines lines = new ShellLines(processor, commands, terminal.input(), out, call, false)) {
            LineReader reader = LineReaderBuilder.builder()
                    .terminal(terminal)
                    .completer(new WordCompleter(lines))
                    .build();
            while (true) {
                try {
                    measure();
                    String line = reader.readLine(PROMPT).strip();
                    if (line.equals("exit") || line.equals("quit")) {
                        return;
                    }
                    lines.run(line);
                } catch (UserInterruptException e) {
                    // Ctrl-C drops the line.
                } catch (EndOfFileException e) {
                    return;
                }
            }
        }
    }

    /** Who sits at this process's terminal. */
    private record Call(PrintStream out) implements ShellCall {
        @Override
        public Path folder() {
            return Path.of("").toAbsolutePath();
        }

        @Override
        public void say(String line) {
            out.println(line);
        }
    }

    private void roomAgain() {
        HostTerminal.Attachment attached = attachment;
        if (attached != null) {
            attached.ready();
        }
    }

    private static OutputStream output(HostTerminal.Attachment attached) {
        return new FilterOutputStream(OutputStream.nullOutputStream()) {
            @Override
            public void write(int value) throws IOException {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                attached.write(bytes, offset, length);
            }
        };
    }

    /** Has {@link #run} return. Any thread. */
    void end() {
        keys.end();
    }

    @Override
    public void close() throws IOException {
        keys.end();
        HostTerminal.Attachment attached = attachment;
        if (attached != null) {
            attached.close();
        }
        terminal.close();
    }
}
