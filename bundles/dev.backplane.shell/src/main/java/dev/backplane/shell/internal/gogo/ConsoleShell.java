package dev.backplane.shell.internal.gogo;

import dev.backplane.shell.internal.terminal.TerminalSwitch;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.felix.service.command.CommandProcessor;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** Opens Backplane's shell on the terminal, one at a time. */
@Component(service = ConsoleShell.class)
public final class ConsoleShell {
    private final TerminalSwitch terminal;
    private final CommandProcessor processor;
    private final ShellCommands commands;
    private final AtomicBoolean open = new AtomicBoolean();
    private volatile @Nullable ShellSession session;

    /** For Declarative Services. */
    @Activate
    public ConsoleShell(
            @Reference TerminalSwitch terminal,
            @Reference CommandProcessor processor,
            @Reference ShellCommands commands) {
        this.terminal = terminal;
        this.processor = processor;
        this.commands = commands;
    }

    /** Opens the shell on a thread of its own, unless it is open. Any thread; does not block. */
    public void start() {
        if (open.compareAndSet(false, true)) {
            Thread.ofPlatform().daemon().name("shell").start(this::run);
        }
    }

    private void run() {
        try (ShellSession opened = new ShellSession(new HostScreen(terminal), processor, commands)) {
            session = opened;
            opened.run();
        } catch (IOException e) {
            terminal.message("backplane: the shell has ended: " + e.getMessage());
        } finally {
            session = null;
            open.set(false);
        }
    }

    /** For Declarative Services. */
    @Deactivate
    public void close() {
        ShellSession opened = session;
        if (opened != null) {
            opened.end();
        }
    }
}
