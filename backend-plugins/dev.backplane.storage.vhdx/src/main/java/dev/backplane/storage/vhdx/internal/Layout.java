package dev.backplane.storage.vhdx.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.image.ImageBytes;

/**
 * What an image says about itself, as if its log had been applied.
 *
 * @param header the one that counts
 * @param regions where things are
 * @param metadata what the disk is
 */
record Layout(Header header, Regions regions, Metadata metadata) {
    /** Reads it; the file shows what the log puts in place from then on. */
    static Layout read(ImageBytes image, ReplayedFile file) throws StorageException {
        Header header = Header.read(image);
        file.show(Log.read(image, header));
        Regions regions = Regions.read(image);
        Metadata metadata = Metadata.read(image, regions.metadata());
        if (metadata.entries() > regions.table().bytes() / VhdxTable.ENTRY_BYTES) {
            throw ImageBytes.corrupt("a table of %d bytes for a disk of %d"
                    .formatted(regions.table().bytes(), metadata.capacityBytes()));
        }
        return new Layout(header, regions, metadata);
    }

    /** Whether a block cannot be there, since something else is. */
    boolean isTaken(long place) {
        int bytes = metadata.blockBytes();
        return place < Header.MIB
                || new Regions.Region(header.logOffset(), header.logBytes()).overlaps(place, bytes)
                || regions.table().overlaps(place, bytes)
                || regions.metadata().overlaps(place, bytes);
    }
}
