package dev.backplane.shell.internal.gogo;

import dev.backplane.api.console.TerminalSize;
import dev.backplane.shell.command.ShellTerminal;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Optional;

/** Where a session is shown and typed. */
interface Screen extends AutoCloseable {
    /** What is typed, key by key. */
    InputStream keys();

    OutputStream output();

    TerminalSize size();

    /** The terminal's type, as in {@code TERM}. */
    String type();

    /** What relative paths start from. */
    Path folder();

    /** The same as a whole, for a command that takes it; empty where it belongs to others, too. */
    Optional<ShellTerminal> whole();

    /** Has {@link #keys} end. Any thread. */
    void end();

    @Override
    void close();
}
