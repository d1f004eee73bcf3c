package dev.backplane.api.device.pci;

import java.util.OptionalLong;

/**
 * A register in a BAR where a write only says that it was made. The device may then hear of it on another thread than the vCPU's, once for
 * several writes, and before or after writes to other registers that were made at the same time. What it sees as written is {@code value},
 * or 0.
 *
 * @param window the name of a BAR in memory
 * @param offset where in it
 * @param bytes the size of the write: 1, 2, 4 or 8; 0 for any, of which the device sees 4
 * @param value the only value that counts, where there is one; others are ordinary writes
 */
public record PciDoorbell(String window, long offset, int bytes, OptionalLong value) {
    /** Checks the bounds. */
    public PciDoorbell {
        if (bytes < 0 || bytes > 8 || Integer.bitCount(bytes) > 1 || offset < 0 || bytes == 0 && value.isPresent()) {
            throw new IllegalArgumentException(
                    "doorbell at offset %d of %s with %d bytes: expected an offset from 0, and 1, 2, 4 or 8 bytes, or 0 for any size and value"
                            .formatted(offset, window, bytes));
        }
    }

    /**
     * A register that any write rings.
     *
     * @param window the name of a BAR in memory
     * @param offset where in it
     */
    public PciDoorbell(String window, long offset) {
        this(window, offset, 0, OptionalLong.empty());
    }

    /**
     * How many bytes the device sees as written.
     *
     * @return 1, 2, 4 or 8
     */
    public int seenBytes() {
        return bytes == 0 ? 4 : bytes;
    }
}
