package dev.backplane.shell.internal.gogo;

import dev.backplane.api.console.HostTerminal;
import dev.backplane.api.console.TerminalSize;
import dev.backplane.shell.internal.terminal.TerminalSwitch;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.completer.StringsCompleter;
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
    private final Terminal terminal;
    private volatile HostTerminal.@Nullable Attachment attachment;

    ShellSession(TerminalSwitch host, CommandProcessor processor) throws IOException {
        this.host = host;
        this.processor = processor;
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
        try (CommandSession session = processor.createSession(terminal.input(), out, out)) {
            LineReader reader = LineReaderBuilder.builder()
                    .terminal(terminal)
                    .completer(new StringsCompleter(() -> commands(session)))
                    .build();
            while (true) {
                try {
                    measure();
                    String line = reader.readLine(PROMPT).strip();
                    if (line.equals("exit") || line.equals("quit")) {
                        return;
                    }
                    execute(session, line, out);
                } catch (UserInterruptException e) {
                    // Ctrl-C drops the line.
                } catch (EndOfFileException e) {
                    return;
                }
            }
        }
    }

    private static void execute(CommandSession session, String line, PrintStream out) {
        if (line.isEmpty()) {
            return;
        }
        try {
            Object result = session.execute(YamlWords.quote(line));
            if (result != null) {
                String text = session.format(result, Converter.INSPECT).toString();
                out.print(text.isEmpty() || text.endsWith("\n") ? text : text + "\n");
            }
        } catch (Exception e) {
            out.println(text(e, line));
        }
        out.flush();
    }

    private static String text(Exception e, String line) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        // Gogo's own words name the Java methods that it tried.
        return message.startsWith("Cannot coerce")
                ? line
                        + ": not understood. 'help COMMAND' tells what can follow a command, 'lb' what bundles there are."
                : message;
    }

    /** All commands, without their scopes. */
    private static Set<String> commands(CommandSession session) {
        Set<String> names = new TreeSet<>();
        if (session.get(".commands") instanceof Set<?> all) {
            for (Object name : all) {
                String full = name.toString();
                names.add(full.substring(full.indexOf(':') + 1));
            }
        }
        return names;
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
