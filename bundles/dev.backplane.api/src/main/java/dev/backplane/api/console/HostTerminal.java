package dev.backplane.api.console;

import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The terminal that this process was started from, as a service. Its provider puts it into raw mode while a guest is
 * attached, keeps the escape keys for itself and restores it at the end.
 */
@ProviderType
public interface HostTerminal {
    /**
     * Attaches a stream. One stream has the keyboard at a time, the last one attached.
     *
     * @param name shown when the user switches between streams
     * @param input receives what is typed, on a thread of the terminal; must not block
     * @return the attachment
     */
    Attachment attach(String name, Consumer<byte[]> input);

    /** A stream's hold on the terminal. */
    @ProviderType
    interface Attachment extends AutoCloseable {
        /**
         * Writes to the terminal. Blocks while it takes no more.
         *
         * @param bytes where the bytes are
         * @param offset the first
         * @param length how many
         * @throws java.io.IOException when the terminal is gone
         */
        void write(byte[] bytes, int offset, int length) throws java.io.IOException;

        /** Detaches. */
        @Override
        void close();
    }
}
