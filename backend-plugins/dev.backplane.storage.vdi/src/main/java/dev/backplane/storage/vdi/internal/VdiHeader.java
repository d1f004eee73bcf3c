package dev.backplane.storage.vdi.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.ImageBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The header of version 1.1, checked: everything else may rely on its bounds. Numbers are little-endian.
 *
 * @param isStatic whether it was made with all of its blocks
 * @param tableOffset where the block table is
 * @param dataOffset where block 0 of the image is
 * @param capacityBytes the length of the disk
 * @param blockBytes the length of a block
 * @param blocks how many entries the table has
 * @param allocated how many blocks the image is said to have
 */
record VdiHeader(
        boolean isStatic,
        long tableOffset,
        long dataOffset,
        long capacityBytes,
        int blockBytes,
        long blocks,
        long allocated) {
    static final int SIGNATURE_AT = 0x40;
    static final int SIGNATURE = 0xbeda107f;
    static final int VERSION_AT = 0x44;
    static final int VERSION = 0x0001_0001;
    static final int BYTES_AT = 0x48;
    static final int TYPE_AT = 0x4c;
    static final int TABLE_AT = 0x154;
    static final int DATA_AT = 0x158;
    static final int SECTOR_BYTES_AT = 0x168;
    static final int CAPACITY_AT = 0x170;
    static final int BLOCK_BYTES_AT = 0x178;
    static final int EXTRA_BYTES_AT = 0x17c;
    static final int BLOCKS_AT = 0x180;
    static final int ALLOCATED_AT = 0x184;
    static final int IMAGE_ID_AT = 0x188;
    static final int SNAPSHOT_ID_AT = 0x198;

    static final int DYNAMIC = 1;
    static final int STATIC = 2;

    /** All of version 1.1 together with what stands before it. */
    static final int BYTES = 0x200;

    static final int SECTOR = 512;
    private static final int LEAST_BLOCK_BYTES = 4096;
    private static final int MOST_BLOCK_BYTES = 1 << 28;
    /** QEMU refuses longer tables. */
    static final long MOST_BLOCKS = 0x1fff_ffff;

    static VdiHeader read(ImageBytes image) throws StorageException {
        ByteBuffer at = image.read(0, BYTES, ByteOrder.LITTLE_ENDIAN);
        if (at.getInt(SIGNATURE_AT) != SIGNATURE) {
            throw new StorageException(
                    Kind.INVALID_FORMAT,
                    "signature 0x%08x: not a VDI image: declare its real format".formatted(at.getInt(SIGNATURE_AT)));
        }
        if (at.getInt(VERSION_AT) != VERSION) {
            throw unsupported("version 0x%08x: expected 0x%08x".formatted(at.getInt(VERSION_AT), VERSION));
        }
        int type = at.getInt(TYPE_AT);
        if (type != DYNAMIC && type != STATIC) {
            throw unsupported("type %d: expected 1 (dynamic) or 2 (static): differencing images are not supported"
                    .formatted(type));
        }
        if (at.getInt(SECTOR_BYTES_AT) != SECTOR || at.getInt(EXTRA_BYTES_AT) != 0) {
            throw unsupported("sectors of %d bytes, blocks with %d extra bytes: expected 512 and 0"
                    .formatted(at.getInt(SECTOR_BYTES_AT), at.getInt(EXTRA_BYTES_AT)));
        }
        long capacity = at.getLong(CAPACITY_AT);
        VdiHeader header = new VdiHeader(
                type == STATIC,
                at.getInt(TABLE_AT) & 0xffff_ffffL,
                at.getInt(DATA_AT) & 0xffff_ffffL,
                // An odd end is read as zeros.
                capacity < 0 || capacity > Long.MAX_VALUE - SECTOR ? -1 : (capacity + SECTOR - 1) / SECTOR * SECTOR,
                at.getInt(BLOCK_BYTES_AT),
                at.getInt(BLOCKS_AT) & 0xffff_ffffL,
                at.getInt(ALLOCATED_AT) & 0xffff_ffffL);
        header.check(image);
        return header;
    }

    private static StorageException unsupported(String what) {
        return new StorageException(Kind.UNSUPPORTED, what);
    }

    private void check(ImageBytes image) throws StorageException {
        if (Integer.bitCount(blockBytes) != 1 || blockBytes < LEAST_BLOCK_BYTES || blockBytes > MOST_BLOCK_BYTES) {
            throw unsupported("blocks of %d bytes: expected a power of two from %d to %d"
                    .formatted(blockBytes, LEAST_BLOCK_BYTES, MOST_BLOCK_BYTES));
        }
        if (blocks > MOST_BLOCKS || capacityBytes < 0 || capacityBytes > blocks * blockBytes) {
            throw ImageBytes.corrupt("%d blocks for a disk of %d bytes".formatted(blocks, capacityBytes));
        }
        if (tableOffset < BYTES
                || tableOffset % SECTOR != 0
                || dataOffset % SECTOR != 0
                || dataOffset < tableOffset + 4 * blocks
                || tableOffset + 4 * blocks > image.bytes()) {
            throw ImageBytes.corrupt(
                    "a table of %d blocks at 0x%x, data at 0x%x".formatted(blocks, tableOffset, dataOffset));
        }
    }
}
