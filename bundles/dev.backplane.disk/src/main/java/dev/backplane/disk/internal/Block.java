package dev.backplane.disk.internal;

import dev.backplane.api.storage.image.OpenDisk;
import java.util.OptionalLong;

/**
 * A range of a disk that is of one kind.
 *
 * @param offset its first byte
 * @param bytes how long it is
 * @param depth how many backing files down it was found
 * @param present whether an image of the chain says something about it
 * @param zero whether it reads as zeros
 * @param data whether there are bytes
 * @param compressed whether they are compressed
 * @param place where they stand in the image's file, where they stand there as they are
 * @param layer where it was found
 */
record Block(
        long offset,
        long bytes,
        int depth,
        boolean present,
        boolean zero,
        boolean data,
        boolean compressed,
        OptionalLong place,
        OpenDisk layer) {
    long end() {
        return offset + bytes;
    }

    /** Whether another one can be told as a part of this one. */
    boolean continuesWith(Block next) {
        return next.offset == end()
                && next.depth == depth
                && next.present == present
                && next.zero == zero
                && next.data == data
                && next.compressed == compressed
                && next.place.isPresent() == place.isPresent()
                && (place.isEmpty() || next.place.getAsLong() == place.getAsLong() + bytes);
    }

    Block with(Block next) {
        return new Block(offset, bytes + next.bytes, depth, present, zero, data, compressed, place, layer);
    }
}
