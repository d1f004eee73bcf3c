package dev.backplane.shell.internal.gogo;

import dev.backplane.api.console.HostTerminal;
import dev.backplane.api.console.TerminalSize;
import dev.backplane.shell.command.ShellTerminal;
import dev.backplane.shell.internal.terminal.Keys;
import dev.backplane.shell.internal.terminal.TerminalSwitch;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** This process's own terminal, which guests' consoles share. */
final class HostScreen implements Screen {
    private static final String WELCOME = "Backplane's shell: 'help' lists the commands, 'exit' or Ctrl-D leaves it,"
            + " Ctrl-A c goes back to the guest.";

    private final TerminalSwitch host;
    private final Keys keys = new Keys(this::roomAgain);
    private final HostTerminal.Attachment attachment;
    private volatile HostTerminal.@Nullable Attachment attached;

    HostScreen(TerminalSwitch host) throws IOException {
        this.host = host;
        host.message(WELCOME);
        attachment = host.attachShell(keys::offer);
        attached = attachment;
    }

    private void roomAgain() {
        HostTerminal.Attachment told = attached;
        if (told != null) {
            told.ready();
        }
    }

    @Override
    public InputStream keys() {
        return keys;
    }

    @Override
    public OutputStream output() {
        return new FilterOutputStream(OutputStream.nullOutputStream()) {
            @Override
            public void write(int value) throws IOException {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                attachment.write(bytes, offset, length);
            }
        };
    }

    @Override
    public TerminalSize size() {
        return host.size();
    }

    @Override
    public String type() {
        return System.getenv().getOrDefault("TERM", "dumb");
    }

    @Override
    public Path folder() {
        return Path.of("").toAbsolutePath();
    }

    @Override
    public Optional<ShellTerminal> whole() {
        return Optional.empty();
    }

    @Override
    public void end() {
        keys.end();
    }

    @Override
    public void close() {
        keys.end();
        attachment.close();
    }
}
