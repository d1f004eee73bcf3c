package dev.backplane.api.storage;

import java.util.OptionalLong;

/**
 * A range of a storage that is of one kind.
 *
 * @param offset its first byte
 * @param bytes how long it is; at least 1
 * @param kind what is there
 * @param place where its first byte is in the layer below, if its bytes stand there as they are, one after the other
 * @param compressed whether its bytes are packed in the layer below
 */
public record Extent(long offset, long bytes, Kind kind, OptionalLong place, boolean compressed) {
    /** What is there. */
    public enum Kind {
        /** Bytes of its own. */
        DATA,
        /** It reads as zeros, whatever is below. */
        ZERO,
        /** Nothing of its own: it reads as its backing disk does, or as zeros where that has nothing or there is none. */
        ABSENT
    }

    /**
     * Refuses lengths that no caller can go on from.
     *
     * @throws IllegalArgumentException where a number is out of its bounds
     */
    public Extent {
        if (offset < 0 || bytes < 1) {
            throw new IllegalArgumentException("an extent of %d bytes at %d".formatted(bytes, offset));
        }
    }

    /**
     * A range without a place that could be told.
     *
     * @param offset its first byte
     * @param bytes how long it is
     * @param kind what is there
     */
    public Extent(long offset, long bytes, Kind kind) {
        this(offset, bytes, kind, OptionalLong.empty(), false);
    }
}
