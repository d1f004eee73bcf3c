package dev.backplane.machine.pc.internal.bus;

import dev.backplane.api.device.RegisterHandler;

/**
 * A window on a bus.
 *
 * @param owner who claimed it, for messages
 * @param base its first address
 * @param length its length in bytes
 * @param handler answers its accesses
 */
public record Claim(String owner, long base, long length, RegisterHandler handler) {
    /** Its last address. */
    long last() {
        return base + length - 1;
    }

    boolean covers(long address, int size) {
        return address >= base && address - base <= length - size;
    }

    /** Whether it has an address in common with another range. */
    public boolean overlaps(long otherBase, long otherLength) {
        return otherBase <= last() && base <= otherBase + otherLength - 1;
    }
}
