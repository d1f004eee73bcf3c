package dev.backplane.api.memory;

/** A range that is not RAM of the guest. */
public final class GuestAddressException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /**
     * A range that is not RAM.
     *
     * @param gpa the first address
     * @param length how many bytes
     */
    public GuestAddressException(long gpa, long length) {
        super("guest address 0x%x, %d bytes: not within RAM".formatted(gpa, length));
    }
}
