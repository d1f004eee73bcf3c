package dev.backplane.shell.internal.gogo;

import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellTerminal;
import dev.backplane.shell.internal.control.Connection;
import dev.backplane.shell.internal.control.Request;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.felix.service.command.CommandProcessor;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Backplane's shell for the clients of the control socket. */
@Component(service = ControlShell.class)
public final class ControlShell {
    private final CommandProcessor processor;
    private final ShellCommands commands;

    /** For Declarative Services. */
    @Activate
    public ControlShell(@Reference CommandProcessor processor, @Reference ShellCommands commands) {
        this.processor = processor;
        this.commands = commands;
    }

    /** Carries out one line, or a session of them. The connection's thread; gives the exit status. */
    public int run(Connection connection) throws IOException {
        Request request = connection.request();
        if (request.words().isEmpty() && request.interactive()) {
            try (ShellSession session = new ShellSession(new RemoteScreen(connection), processor, commands)) {
                session.run();
            }
            return 0;
        }
        PrintStream out = new PrintStream(connection.output(), false, StandardCharsets.UTF_8);
        try (ShellLines lines =
                new ShellLines(processor, commands, new Asked(connection), out, new Call(connection), request.json())) {
            return request.words().isEmpty() ? runAll(lines, connection) : lines.run(request.line());
        }
    }

    /** Lines that are piped in, as a shell takes a script: the last one's status counts. */
    private static int runAll(ShellLines lines, Connection connection) throws IOException {
        int status = 0;
        BufferedReader reader = new BufferedReader(new InputStreamReader(connection.input(), StandardCharsets.UTF_8));
        for (String line = reader.readLine(); line != null && !isEnd(line); line = reader.readLine()) {
            status = lines.run(line);
        }
        return status;
    }

    private static boolean isEnd(String line) {
        return line.strip().equals("exit") || line.strip().equals("quit");
    }

    /** What the client is asked for when somebody reads, and not before. */
    private static final class Asked extends InputStream {
        private final Connection connection;

        Asked(Connection connection) {
            this.connection = connection;
        }

        @Override
        public int read() throws IOException {
            return connection.input().read();
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            return connection.input().read(target, offset, length);
        }
    }

    /** Who typed one line at another terminal. */
    private record Call(Connection connection) implements ShellCall {
        @Override
        public Path folder() {
            return Path.of(connection.request().folder());
        }

        @Override
        public void say(String line) {
            connection.say(line);
        }

        @Override
        public Optional<ShellTerminal> terminal() {
            return Optional.of(connection);
        }
    }
}
