package dev.backplane.shell.internal.gogo;

import dev.backplane.api.console.TerminalSize;
import dev.backplane.shell.command.ShellTerminal;
import dev.backplane.shell.internal.control.Connection;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Optional;

/** The terminal of a user of {@code backplane ctl}. It ends with its connection. */
record RemoteScreen(Connection connection) implements Screen {
    @Override
    public InputStream keys() {
        return connection.input();
    }

    @Override
    public OutputStream output() {
        return connection.output();
    }

    @Override
    public TerminalSize size() {
        return connection.size();
    }

    @Override
    public String type() {
        String type = connection.request().terminal();
        return type.isEmpty() ? "dumb" : type;
    }

    @Override
    public Path folder() {
        return Path.of(connection.request().folder());
    }

    @Override
    public Optional<ShellTerminal> whole() {
        return Optional.of(connection);
    }

    @Override
    public void end() {
        // The connection's business.
    }

    @Override
    public void close() {
        // The connection's business.
    }
}
