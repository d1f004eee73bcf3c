package dev.backplane.natives.terminal;

import dev.backplane.natives.HostException;
import org.osgi.annotation.versioning.ProviderType;

/** Terminals by file descriptor: 0, 1 and 2 are the standard streams. Methods may be called from any thread. */
@ProviderType
public interface HostTerminals {
    int STANDARD_INPUT = 0;
    int STANDARD_OUTPUT = 1;
    int STANDARD_ERROR = 2;

    /** Whether the descriptor is a terminal; false too where it is not open. */
    boolean isTerminal(int descriptor);

    /**
     * The terminal's size now (TIOCGWINSZ). Terminals that do not know, as serial lines, say 0 by 0.
     *
     * @throws HostException ENOTTY where the descriptor is no terminal
     */
    WindowSize windowSize(int descriptor) throws HostException;

    /**
     * Puts a terminal into another mode until the answer is closed.
     *
     * <p>Whoever asks closes it also when the process ends (a shutdown hook); a process that is killed restores nothing,
     * which only a parent process can.
     *
     * @throws HostException ENOTTY where the descriptor is no terminal
     */
    ModeChange change(int descriptor, TerminalMode mode) throws HostException;

    /**
     * A byte stream over a terminal, pipe, socket or file that is open already. Terminals and pipes are opened a second time
     * without blocking, so that neither this process nor the one that shares the terminal with it gets a descriptor whose
     * mode has changed under it; closing the stream leaves {@code descriptor} open.
     */
    ByteStream stream(int descriptor, Direction direction) throws HostException;
}
