package dev.backplane.shell.internal.gogo;

import dev.backplane.api.console.TerminalSize;
import dev.backplane.shell.command.ShellTerminal;
import java.io.InputStream;
import java.io.OutputStream;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jspecify.annotations.Nullable;

/** A session's terminal in the hands of one command, which reads its keys unedited behind JLine, and writes past it. */
final class WholeTerminal implements ShellTerminal {
    private final ShellTerminal user;
    private final Terminal edited;
    private @Nullable Attributes before;

    WholeTerminal(ShellTerminal user, Terminal edited) {
        this.user = user;
        this.edited = edited;
    }

    @Override
    public InputStream input() {
        if (before == null) {
            before = edited.enterRawMode();
            Attributes raw = edited.getAttributes();
            raw.setLocalFlag(Attributes.LocalFlag.ISIG, false);
            edited.setAttributes(raw);
        }
        return edited.input();
    }

    /** The command is done: lines are edited again. */
    void giveBack() {
        Attributes edits = before;
        if (edits != null) {
            before = null;
            edited.setAttributes(edits);
        }
    }

    @Override
    public OutputStream output() {
        return user.output();
    }

    @Override
    public boolean isInteractive() {
        return user.isInteractive();
    }

    @Override
    public TerminalSize size() {
        return user.size();
    }

    @Override
    public Listening listen(Runnable change) {
        return user.listen(change);
    }

    @Override
    public boolean isGone() {
        return user.isGone();
    }
}
