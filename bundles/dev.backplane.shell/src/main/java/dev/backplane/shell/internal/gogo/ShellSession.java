package dev.backplane.shell.internal.gogo;

import dev.backplane.api.console.TerminalSize;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellTerminal;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.felix.service.command.CommandProcessor;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.ExternalTerminal;
import org.jspecify.annotations.Nullable;

/** One session of Gogo on a terminal, with JLine's line editing. The thread that calls {@link #run}. */
final class ShellSession implements AutoCloseable {
    private static final String PROMPT = "backplane> ";

    private final Screen screen;
    private final CommandProcessor processor;
    private final ShellCommands commands;
    private final Terminal terminal;
    private final @Nullable WholeTerminal whole;

    /** The session owns the screen from here on, even where this fails. */
    ShellSession(Screen screen, CommandProcessor processor, ShellCommands commands) throws IOException {
        this.screen = screen;
        this.processor = processor;
        this.commands = commands;
        try {
            terminal = new ExternalTerminal(
                    "backplane", screen.type(), screen.keys(), screen.output(), StandardCharsets.UTF_8);
        } catch (IOException | RuntimeException e) {
            screen.close();
            throw e;
        }
        whole = screen.whole().map(user -> new WholeTerminal(user, terminal)).orElse(null);
    }

    /** The window may have been resized since the last line. */
    private void measure() {
        TerminalSize size = screen.size();
        if (size.columns() > 0) {
            terminal.setSize(new Size(size.columns(), size.rows()));
        }
    }

    /** Reads and runs commands until the user leaves. */
    void run() {
        PrintStream out = new PrintStream(terminal.output(), true, StandardCharsets.UTF_8);
        ShellCall call = new Call(out, screen.folder(), Optional.ofNullable(whole));
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
                } finally {
                    giveBack();
                }
            }
        }
    }

    private void giveBack() {
        if (whole != null) {
            whole.giveBack();
        }
    }

    /** Who types in this session. */
    private record Call(PrintStream out, Path folder, Optional<ShellTerminal> terminal) implements ShellCall {
        @Override
        public void say(String line) {
            out.println(line);
        }
    }

    /** Has {@link #run} return. Any thread. */
    void end() {
        screen.end();
    }

    @Override
    public void close() throws IOException {
        screen.end();
        screen.close();
        terminal.close();
    }
}
