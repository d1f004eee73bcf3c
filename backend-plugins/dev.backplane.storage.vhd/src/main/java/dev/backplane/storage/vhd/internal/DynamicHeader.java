package dev.backplane.storage.vhd.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.ImageBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The header of a dynamic image, checked: everything else may rely on its bounds.
 *
 * @param tableOffset where the block allocation table is
 * @param entries how many entries it has
 * @param blockBytes the length of a block, without its bitmap
 * @param end behind the header and the table: blocks begin there
 */
record DynamicHeader(long tableOffset, long entries, int blockBytes, long end) {
    static final int BYTES = 1024;

    private static final long COOKIE = 0x6378_7370_6172_7365L;
    private static final int NEXT_AT = 8;
    private static final int TABLE_AT = 16;
    private static final int VERSION_AT = 24;
    private static final int ENTRIES_AT = 28;
    private static final int BLOCK_BYTES_AT = 32;
    private static final int CHECKSUM_AT = 36;
    private static final int VERSION = 0x0001_0000;
    private static final int LEAST_BLOCK_BYTES = 4096;
    private static final int MOST_BLOCK_BYTES = 1 << 28;

    static DynamicHeader read(ImageBytes image, Footer footer) throws StorageException {
        long offset = footer.headerOffset();
        if (offset < Footer.BYTES || offset > image.bytes() - BYTES) {
            throw ImageBytes.corrupt("the dynamic header at 0x%x".formatted(offset));
        }
        ByteBuffer at = image.read(offset, BYTES, ByteOrder.BIG_ENDIAN);
        if (at.getLong(0) != COOKIE || at.getInt(CHECKSUM_AT) != Footer.checksum(at, CHECKSUM_AT)) {
            throw ImageBytes.corrupt("there is no dynamic header at 0x%x".formatted(offset));
        }
        if (at.getInt(VERSION_AT) != VERSION) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "dynamic header 0x%08x: expected 0x%08x".formatted(at.getInt(VERSION_AT), VERSION));
        }
        long table = at.getLong(TABLE_AT);
        long entries = at.getInt(ENTRIES_AT) & 0xffff_ffffL;
        int blockBytes = at.getInt(BLOCK_BYTES_AT);
        if (Integer.bitCount(blockBytes) != 1 || blockBytes < LEAST_BLOCK_BYTES || blockBytes > MOST_BLOCK_BYTES) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "blocks of %d bytes: expected a power of two from %d to %d"
                            .formatted(blockBytes, LEAST_BLOCK_BYTES, MOST_BLOCK_BYTES));
        }
        if (table < Footer.BYTES || table > image.bytes() - 4 * entries) {
            throw ImageBytes.corrupt("a table of %d blocks at 0x%x".formatted(entries, table));
        }
        if (footer.capacityBytes() > entries * blockBytes) {
            throw ImageBytes.corrupt("a table of %d blocks of %d bytes for a disk of %d"
                    .formatted(entries, blockBytes, footer.capacityBytes()));
        }
        return new DynamicHeader(table, entries, blockBytes, Math.max(offset + BYTES, table + 4 * entries));
    }

    /** As bytes, with its checksum. */
    ByteBuffer toBytes() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES);
        bytes.putLong(0, COOKIE);
        bytes.putLong(NEXT_AT, -1);
        bytes.putLong(TABLE_AT, tableOffset);
        bytes.putInt(VERSION_AT, VERSION);
        bytes.putInt(ENTRIES_AT, (int) entries);
        bytes.putInt(BLOCK_BYTES_AT, blockBytes);
        bytes.putInt(CHECKSUM_AT, Footer.checksum(bytes, CHECKSUM_AT));
        return bytes;
    }

    /** A bit for each sector, in whole sectors, before the block's own bytes. */
    int bitmapBytes() {
        int bytes = blockBytes / Footer.SECTOR / 8;
        return (bytes + Footer.SECTOR - 1) / Footer.SECTOR * Footer.SECTOR;
    }
}
