package dev.backplane.disk.internal;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.OpenDisk;
import java.io.IOException;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** What a chain of images holds where. */
final class Blocks {
    private Blocks() {}

    /** The block that begins at an offset, at most so long. */
    static Block at(OpenDisk disk, long offset, long bytes) throws StorageException {
        return at(disk, offset, bytes, 0);
    }

    private static Block at(OpenDisk disk, long offset, long bytes, int depth) throws StorageException {
        Extent extent = MappedStorage.extent(disk.storage(), offset, bytes);
        return switch (extent.kind()) {
            case DATA ->
                new Block(offset, extent.bytes(), depth, true, false, true, extent.compressed(), extent.place(), disk);
            case ZERO -> zeros(disk, offset, extent.bytes(), depth, true);
            case ABSENT -> {
                OpenDisk below = disk.backingDisk().orElse(null);
                long there = below == null ? 0 : below.storage().capacityBytes() - offset;
                yield below != null && there > 0
                        ? at(below, offset, Math.min(extent.bytes(), there), depth + 1)
                        : zeros(disk, offset, extent.bytes(), depth, false);
            }
        };
    }

    private static Block zeros(OpenDisk disk, long offset, long bytes, int depth, boolean present) {
        return new Block(offset, bytes, depth, present, true, false, false, OptionalLong.empty(), disk);
    }

    /** Takes blocks in their order. */
    @FunctionalInterface
    interface Taker {
        void take(Block block) throws StorageException, IOException;
    }

    /** All blocks of a range, as long as they can be. */
    static void forEach(OpenDisk disk, long from, long to, Taker taker) throws StorageException, IOException {
        @Nullable Block pending = null;
        for (long at = from; at < to; ) {
            Block next = at(disk, at, to - at);
            at = next.end();
            if (pending != null && pending.continuesWith(next)) {
                pending = pending.with(next);
            } else {
                if (pending != null) {
                    taker.take(pending);
                }
                pending = next;
            }
        }
        if (pending != null) {
            taker.take(pending);
        }
    }
}
