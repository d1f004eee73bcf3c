package dev.backplane.api.storage;

/**
 * A storage that cannot do what it was asked. The message is for people: it names the thing, the offset or the value, what was expected
 * and what to do; formats add no kinds.
 */
public final class StorageException extends Exception {
    private static final long serialVersionUID = 1;

    /** What went wrong, for callers that decide by it. */
    public enum Kind {
        /** The host, or the far end, could not read or write. */
        IO,
        /** The host has no more space. */
        NO_SPACE,
        /** It is not what it was declared to be. */
        INVALID_FORMAT,
        /** It is, but contradicts itself. */
        CORRUPT,
        /** A feature that this version does not have. */
        UNSUPPORTED,
        /** A range that is not within the capacity. */
        OUT_OF_BOUNDS,
        /** A write to what can only be read. */
        READ_ONLY,
        /** It is not there. */
        NOT_FOUND,
        /**
         * What it stands on is away, and whoever asked is coming to rest: nothing is wrong, and the request is to be made again when it
         * goes on. Only the kernel says so; layers pass it on.
         */
        AWAY
    }

    private final Kind kind;

    /**
     * Something that went wrong.
     *
     * @param kind what
     * @param message for people
     */
    public StorageException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /**
     * Something that went wrong, and what was thrown.
     *
     * @param kind what
     * @param message for people
     * @param cause what was thrown
     */
    public StorageException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /**
     * What went wrong.
     *
     * @return its kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * Refuses a range that is not within a capacity.
     *
     * @param offset the first byte
     * @param bytes how many
     * @param capacityBytes the capacity
     * @throws StorageException of kind OUT_OF_BOUNDS
     */
    public static void checkRange(long offset, long bytes, long capacityBytes) throws StorageException {
        if (offset < 0 || bytes < 0 || offset > capacityBytes - bytes) {
            throw new StorageException(
                    Kind.OUT_OF_BOUNDS,
                    "%d bytes at offset %d are not within the capacity of %d".formatted(bytes, offset, capacityBytes));
        }
    }
}
