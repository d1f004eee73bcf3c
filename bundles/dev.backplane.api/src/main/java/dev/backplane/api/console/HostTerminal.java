package dev.backplane.api.console;

import java.io.IOException;
import org.osgi.annotation.versioning.ConsumerType;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The terminal that this process was started from, as a service. Its provider puts it into raw mode while a guest is
 * attached, keeps the escape keys for itself and restores it at the end. Where standard input and output are no terminal
 * they are used as they are. In a process that serves machines nobody sits at that terminal: there it is the terminals of those
 * who attach to a machine's console, any number at a time, and takes everything at once.
 */
@ProviderType
public interface HostTerminal {
    /**
     * Attaches a stream. One stream has the keyboard at a time, the last one attached until the user switches.
     *
     * @param name shown when the user switches between streams
     * @param input receives what is typed, possibly before this call returns
     * @return the attachment
     * @throws IOException when the terminal is gone
     */
    Attachment attach(String name, Input input) throws IOException;

    /**
     * Attaches a machine's console, by which name users can ask for it.
     *
     * @param vm the machine
     * @param console the console's bay
     * @param input receives what is typed, possibly before this call returns
     * @return the attachment
     * @throws IOException when the terminal is gone
     */
    default Attachment attach(String vm, String console, Input input) throws IOException {
        return attach(vm + ": " + console, input);
    }

    /**
     * The terminal's size now. Callable on any thread; does not block.
     *
     * @return unknown where this is no terminal; {@link Input#resized} tells of another one
     */
    TerminalSize size();

    /** Takes what is typed. Called on a thread of the terminal; must not block. */
    @ConsumerType
    @FunctionalInterface
    interface Input {
        /**
         * Takes bytes.
         *
         * @param bytes where the bytes are; the terminal's again afterwards
         * @param offset the first
         * @param length how many, at least one
         * @return how many it took. What it did not take is offered again after {@link Attachment#ready}; no more is
         *     read from the terminal meanwhile
         */
        int accept(byte[] bytes, int offset, int length);

        /** The terminal has another size. Called on a thread of the terminal; must not block. */
        default void resized() {}
    }

    /** A stream's hold on the terminal. */
    @ProviderType
    interface Attachment extends AutoCloseable {
        /**
         * Writes to the terminal. Blocks while it takes no more. While another stream is in front the end of what is
         * written is kept, and shown when the user switches back.
         *
         * @param bytes where the bytes are
         * @param offset the first
         * @param length how many
         * @throws IOException when the terminal is gone
         */
        void write(byte[] bytes, int offset, int length) throws IOException;

        /** Tells the terminal that there is room for input again. Callable on any thread; does not block. */
        void ready();

        /**
         * The size of the terminal that shows this stream. Callable on any thread; does not block.
         *
         * @return unknown where this is no terminal, or nobody looks; {@link Input#resized} tells of another one
         */
        default TerminalSize size() {
            return TerminalSize.UNKNOWN;
        }

        /** Detaches. A second call does nothing. */
        @Override
        void close();
    }
}
