package dev.backplane.storage.vdi.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.ImageTarget;
import dev.backplane.image.ImageBytes;
import dev.backplane.image.TableArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Writes an image of a disk that reads as zeros. */
final class NewImage {
    private static final int BLOCK_BYTES = 1 << 20;
    private static final String WHAT = "<<< Backplane VM virtual disk image >>>\n";
    /** Of version 1.1, without what stands before it. */
    private static final int HEADER_BYTES = 0x190;

    private NewImage() {}

    static void write(VdiCreation options, ImageTarget target) throws ConfigurationException, StorageException {
        if (target.backing().isPresent()) {
            throw new ConfigurationException(
                    "backing: VDI images have no backing disk that others could follow: leave it out");
        }
        long blocks = (target.capacityBytes() + BLOCK_BYTES - 1) / BLOCK_BYTES;
        if (blocks > VdiHeader.MOST_BLOCKS) {
            throw new ConfigurationException("size: %d bytes: a VDI image has at most %d"
                    .formatted(target.capacityBytes(), VdiHeader.MOST_BLOCKS * BLOCK_BYTES));
        }
        ImageBytes image = new ImageBytes(target.image());
        // The rest of that block is room for the table to grow.
        long data = (VdiHeader.BYTES + 4 * blocks + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
        image.grow(options.preallocated() ? data + blocks * BLOCK_BYTES : data);
        TableArray table = new TableArray(image, ByteOrder.LITTLE_ENDIAN, VdiHeader.BYTES, blocks, 4);
        for (long block = 0; block < blocks; block++) {
            table.set(block, options.preallocated() ? block : VdiTable.FREE);
            if (table.pages().changes() > 1) {
                table.pages().write();
            }
        }
        table.pages().write();
        image.flush();
        image.write(0, header(options, target.capacityBytes(), blocks, data));
        image.flush();
    }

    private static ByteBuffer header(VdiCreation options, long capacityBytes, long blocks, long data) {
        ByteBuffer header = ByteBuffer.allocate(VdiHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        header.put(0, WHAT.getBytes(StandardCharsets.US_ASCII));
        header.putInt(VdiHeader.SIGNATURE_AT, VdiHeader.SIGNATURE);
        header.putInt(VdiHeader.VERSION_AT, VdiHeader.VERSION);
        header.putInt(VdiHeader.BYTES_AT, HEADER_BYTES);
        header.putInt(VdiHeader.TYPE_AT, options.preallocated() ? VdiHeader.STATIC : VdiHeader.DYNAMIC);
        header.putInt(VdiHeader.TABLE_AT, VdiHeader.BYTES);
        header.putInt(VdiHeader.DATA_AT, (int) data);
        header.putInt(VdiHeader.SECTOR_BYTES_AT, VdiHeader.SECTOR);
        header.putLong(VdiHeader.CAPACITY_AT, capacityBytes);
        header.putInt(VdiHeader.BLOCK_BYTES_AT, BLOCK_BYTES);
        header.putInt(VdiHeader.BLOCKS_AT, (int) blocks);
        header.putInt(VdiHeader.ALLOCATED_AT, options.preallocated() ? (int) blocks : 0);
        identify(header, VdiHeader.IMAGE_ID_AT);
        identify(header, VdiHeader.SNAPSHOT_ID_AT);
        return header;
    }

    private static void identify(ByteBuffer header, int at) {
        UUID id = UUID.randomUUID();
        header.putLong(at, id.getMostSignificantBits());
        header.putLong(at + 8, id.getLeastSignificantBits());
    }
}
