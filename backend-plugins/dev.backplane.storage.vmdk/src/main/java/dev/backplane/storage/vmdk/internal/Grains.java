package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.image.BlockStorage;

/**
 * A sparse extent that can be written.
 *
 * @param blocks its grains
 * @param table finds them
 */
record Grains(BlockStorage blocks, GrainTable table) {
    /** Gives up all grains, so that a parent shows through. While no request is in flight. */
    void empty() throws StorageException {
        blocks.exclusively(table::freeAll);
    }
}
