package dev.backplane.shell.command;

import dev.backplane.api.console.TerminalSize;
import java.io.InputStream;
import java.io.OutputStream;
import org.osgi.annotation.versioning.ProviderType;

/** What a user types and sees byte by byte, for a command that takes the whole terminal for a while. On the command's thread. */
@ProviderType
public interface ShellTerminal {
    /**
     * What is typed, unedited from the first call on; the end where the user is gone, or what was piped in is over.
     *
     * @return a stream that need not be closed
     */
    InputStream input();

    /**
     * What is shown. Callable on any thread.
     *
     * @return an unbuffered stream that need not be closed
     */
    OutputStream output();

    /**
     * Whether a person types, and not bytes are piped in.
     *
     * @return true where {@link #input} is a terminal's keyboard
     */
    boolean isInteractive();

    /**
     * The terminal's size at this moment.
     *
     * @return unknown where it is none
     */
    TerminalSize size();

    /**
     * Listens for another size, and for the user's going away.
     *
     * @param change called on a thread of the terminal; must not block
     * @return closing it ends the listening
     */
    Listening listen(Runnable change);

    /**
     * Whether the user has gone away.
     *
     * @return true from then on
     */
    boolean isGone();

    /** Ends with a call of {@link #close}. */
    interface Listening extends AutoCloseable {
        @Override
        void close();
    }
}
