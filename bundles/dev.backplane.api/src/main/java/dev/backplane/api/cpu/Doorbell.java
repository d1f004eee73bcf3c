package dev.backplane.api.cpu;

import java.util.OptionalLong;

/**
 * A guest's write of which only matters that it was made.
 *
 * @param gpa the guest-physical address, not RAM
 * @param sizeBytes 1, 2, 4 or 8; 0: any, where the value does not matter
 * @param value the only value that counts, if it matters
 */
public record Doorbell(long gpa, int sizeBytes, OptionalLong value) {
    /** Checks the bounds. */
    public Doorbell {
        if (sizeBytes < 0 || sizeBytes > 8 || Integer.bitCount(sizeBytes) > 1) {
            throw new IllegalArgumentException(
                    "doorbell at 0x%x: %d bytes: expected 1, 2, 4, 8, or 0 for any".formatted(gpa, sizeBytes));
        }
        if (sizeBytes == 0 && value.isPresent()) {
            throw new IllegalArgumentException(
                    "doorbell at 0x%x: a value of any size: expected 1, 2, 4 or 8 bytes".formatted(gpa));
        }
    }
}
