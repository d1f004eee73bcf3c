package dev.backplane.api.console;

import org.osgi.annotation.versioning.ProviderType;

/** A character stream as a device sees it. Callable on any thread, never blocks, allocates nothing. */
@ProviderType
public interface Console {
    /**
     * Hands over one byte.
     *
     * @param value the byte
     * @return false when there is no room: keep the byte, {@link ConsoleListener#writable} tells when to try again
     */
    boolean write(byte value);

    /**
     * Takes one byte that arrived.
     *
     * @return 0 to 255, or -1 when there is none: {@link ConsoleListener#readable} tells when to look again
     */
    int read();

    /**
     * The size of the terminal at the far end; {@link ConsoleListener#resized} tells of another one.
     *
     * @return unknown where the far end is no terminal, or is away
     */
    TerminalSize size();

    /**
     * Names the listener, in place of an earlier one. Calls begin when the device is resumed.
     *
     * @param listener the device's
     */
    void listen(ConsoleListener listener);
}
