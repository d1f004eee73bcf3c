package dev.backplane.shell.internal.terminal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.terminal.HostTerminals;
import dev.backplane.natives.terminal.ModeChange;
import dev.backplane.natives.terminal.TerminalMode;

/**
 * The terminal's raw mode, undone when this is closed and also by a shutdown hook of its own: the framework may take its
 * time to stop, and a terminal without echo is no use to the user meanwhile. A process that crashes restores nothing; the
 * launch script does it then.
 */
final class RawMode implements AutoCloseable {
    private final ModeChange change;
    private final Thread hook;

    private RawMode(ModeChange change) {
        this.change = change;
        this.hook = new Thread(change::close, "terminal restorer");
    }

    static RawMode enter(HostTerminals terminals) throws HostException {
        RawMode raw = new RawMode(terminals.change(HostTerminals.STANDARD_INPUT, TerminalMode.RAW));
        try {
            Runtime.getRuntime().addShutdownHook(raw.hook);
        } catch (IllegalStateException e) {
            raw.change.close();
            throw e;
        }
        return raw;
    }

    @Override
    public void close() {
        change.close();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending, the hook has run or will.
        }
    }
}
