package dev.backplane.storage.vhd.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.ImageTarget;
import dev.backplane.image.ImageBytes;
import dev.backplane.image.TableArray;

/** Writes an image of a disk that reads as zeros. */
final class NewImage {
    private static final int BLOCK_BYTES = 2 << 20;

    private NewImage() {}

    static void write(VhdCreation options, ImageTarget target) throws ConfigurationException, StorageException {
        if (target.backing().isPresent()) {
            throw new ConfigurationException("backing: differencing VHD images are not supported: leave it out");
        }
        long capacity = target.capacityBytes();
        if (capacity > Footer.MOST_SECTORS * Footer.SECTOR) {
            throw new ConfigurationException("size: %d bytes: a VHD image has at most %d; VHDX has more"
                    .formatted(capacity, Footer.MOST_SECTORS * Footer.SECTOR));
        }
        ImageBytes image = new ImageBytes(target.image());
        if (options.subformat() == VhdCreation.Subformat.FIXED) {
            image.zero(0, capacity, true);
            image.write(capacity, Footer.make(Footer.FIXED, capacity).bytes());
            image.flush();
            return;
        }
        long entries = (capacity + BLOCK_BYTES - 1) / BLOCK_BYTES;
        long table = Footer.BYTES + DynamicHeader.BYTES;
        DynamicHeader header = new DynamicHeader(table, entries, BLOCK_BYTES, table + 4 * entries);
        // The table has whole sectors.
        TableArray array = VhdTable.array(
                image,
                new DynamicHeader(
                        table,
                        (entries + Footer.SECTOR / 4 - 1) / (Footer.SECTOR / 4) * (Footer.SECTOR / 4),
                        BLOCK_BYTES,
                        0));
        long end = (header.end() + Footer.SECTOR - 1) / Footer.SECTOR * Footer.SECTOR;
        for (long entry = 0; entry < (end - table) / 4; entry++) {
            array.set(entry, VhdTable.FREE);
            if (array.pages().changes() > 1) {
                array.pages().write();
            }
        }
        array.pages().write();
        Footer footer = Footer.make(Footer.DYNAMIC, capacity);
        image.write(Footer.BYTES, header.toBytes());
        image.write(end, footer.bytes());
        image.flush();
        image.write(0, footer.bytes());
        image.flush();
    }
}
