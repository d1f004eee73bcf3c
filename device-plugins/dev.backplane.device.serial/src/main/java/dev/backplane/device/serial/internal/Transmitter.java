package dev.backplane.device.serial.internal;

import dev.backplane.api.console.ByteQueue;
import dev.backplane.api.console.Console;
import org.jspecify.annotations.Nullable;

/**
 * The wire behind the transmitter: takes no time, until the console has no room. Then bytes are held, and the line status
 * says that the transmitter is not empty. A driver that waits for it sends at most a FIFO more; Linux's console waits 10 ms
 * a byte and then sends all the same, so what is held goes far beyond the FIFO: about three minutes of that.
 *
 * <p>Clearing the transmit FIFO does not drop what is held: on the wire of a real port it would have left long since.
 */
final class Transmitter {
    static final int HELD_BYTES = 16 * 1024;

    private final @Nullable Console console;
    private final ByteQueue held = new ByteQueue(HELD_BYTES);

    Transmitter(@Nullable Console console, byte[] held) {
        this.console = console;
        this.held.offer(held, 0, held.length);
    }

    /** Sends a byte; false where it had to be dropped. */
    boolean send(byte value) {
        if (isEmpty() && accepts(value)) {
            return true;
        }
        return held.offer(value);
    }

    /** Sends what is held, as far as the console takes it. */
    void drain() {
        int next;
        while ((next = held.peek()) >= 0 && accepts((byte) next)) {
            held.remove(1);
        }
    }

    boolean isEmpty() {
        return held.size() == 0;
    }

    byte[] held() {
        return held.toByteArray();
    }

    private boolean accepts(byte value) {
        return console == null || console.write(value);
    }
}
