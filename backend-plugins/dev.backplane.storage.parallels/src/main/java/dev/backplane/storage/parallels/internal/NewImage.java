package dev.backplane.storage.parallels.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.ImageTarget;
import dev.backplane.image.ImageBytes;

/** Writes an image of a disk that reads as zeros: the header, a table of zeros, and clusters from the next cluster's begin on. */
final class NewImage {
    /** What an int of sectors can say, and the table's place. */
    private static final long MOST_ENTRIES = 1L << 29;

    private NewImage() {}

    static void write(ParallelsCreation options, ImageTarget target) throws ConfigurationException, StorageException {
        if (target.backing().isPresent()) {
            throw new ConfigurationException("backing: a Parallels image has no backing disk: leave it out");
        }
        if (options.clusterSize() % ParallelsHeader.SECTOR != 0) {
            throw new ConfigurationException(
                    "clusterSize: %d: expected a multiple of 512".formatted(options.clusterSize()));
        }
        int cluster = (int) options.clusterSize();
        long entries = (target.capacityBytes() + cluster - 1) / cluster;
        if (entries > MOST_ENTRIES) {
            throw new ConfigurationException(
                    "size: %d bytes: with clusters of %d bytes a Parallels image has at most %d"
                            .formatted(target.capacityBytes(), cluster, MOST_ENTRIES * cluster));
        }
        long data = (ParallelsHeader.BYTES + 4 * entries + cluster - 1) / cluster * cluster;
        ImageBytes image = new ImageBytes(target.image());
        image.zero(0, data, true);
        image.grow(data);
        image.flush();
        ParallelsHeader header = new ParallelsHeader(
                cluster, entries, target.capacityBytes(), false, data, cluster / ParallelsHeader.SECTOR);
        image.write(0, header.toBytes());
        image.flush();
    }
}
