package dev.backplane.api.console;

import dev.backplane.api.part.Part;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * The far end of a character stream. {@link #write} and {@link #read} are called on vCPU and kernel threads, must not
 * block and allocate nothing: bytes pass through bounded buffers that a thread of {@link
 * dev.backplane.api.part.PartContext#executor} empties and fills.
 *
 * @param <S> its state
 */
@ConsumerType
public interface ConsolePort<S extends Record> extends Part<S> {
    /**
     * Takes a byte from the guest.
     *
     * @param value the byte
     * @return false when there is no room; call {@link ConsoleContext#writable} when there is again
     */
    boolean write(byte value);

    /**
     * Gives a byte to the guest.
     *
     * @return 0 to 255, or -1 when there is none; call {@link ConsoleContext#readable} when there is
     */
    int read();

    /**
     * The size of the terminal that the far end is. Called on vCPU and kernel threads; must not block.
     *
     * @return the size at this moment; call {@link ConsoleContext#resized} when it is another. {@link TerminalSize#UNKNOWN}
     *     unless overridden
     */
    default TerminalSize size() {
        return TerminalSize.UNKNOWN;
    }
}
