package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.ImageBytes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The header of an extent that is made of grains (specification 5.0, "Hosted Sparse Extents"), checked. Numbers are little-endian.
 *
 * @param version 1 to 3
 * @param flags what holds of it
 * @param sectors the length of the extent
 * @param grainSectors the length of a grain
 * @param descriptorSector where the descriptor is; 0 for none
 * @param descriptorSectors its length
 * @param tableEntries how many entries a grain table has
 * @param redundantDirectorySector where the second grain directory is
 * @param directorySector where the grain directory is
 * @param overheadSectors grains begin there
 * @param compression 0 for none, 1 for deflate
 * @param isAtEnd whether it is the one near the end, since its writer knew the directory's place only then
 */
record SparseHeader(
        int version,
        int flags,
        long sectors,
        long grainSectors,
        long descriptorSector,
        long descriptorSectors,
        int tableEntries,
        long redundantDirectorySector,
        long directorySector,
        long overheadSectors,
        int compression,
        boolean isAtEnd) {
    static final int SECTOR = 512;
    static final int BYTES = 512;
    static final int MAGIC = 0x564d_444b;

    /** New lines are as they should be: nobody has moved the image as if it were a text. */
    static final int NEW_LINES = 1;

    static final int REDUNDANT = 2;
    static final int ZEROED_GRAINS = 4;
    static final int COMPRESSED = 1 << 16;
    static final int MARKERS = 1 << 17;

    /** Instead of the directory's place: it is in a second header, near the end. */
    static final long AT_END = -1;

    private static final int FOOTER_BYTES = 1024;

    private static final int LEAST_GRAIN_SECTORS = 8;
    private static final int MOST_GRAIN_SECTORS = 1 << 15;
    private static final int MOST_TABLE_ENTRIES = 512;
    /** Directories of 8 MiB: 64 TiB with grains of 64 KiB. */
    private static final long MOST_TABLES = 1 << 21;

    static boolean isMark(ByteBuffer first) {
        return first.order(ByteOrder.LITTLE_ENDIAN).getInt(0) == MAGIC;
    }

    static SparseHeader read(ImageBytes image) throws StorageException {
        SparseHeader header = at(image, 0);
        if (header.directorySector == AT_END) {
            header = at(image, Math.max(0, image.bytes() - FOOTER_BYTES));
        }
        header.check(image);
        return header;
    }

    private static SparseHeader at(ImageBytes image, long offset) throws StorageException {
        ByteBuffer at = image.read(offset, BYTES, ByteOrder.LITTLE_ENDIAN);
        if (at.getInt(0) != MAGIC) {
            throw ImageBytes.corrupt("there is no header at 0x%x".formatted(offset));
        }
        return new SparseHeader(
                at.getInt(4),
                at.getInt(8),
                at.getLong(12),
                at.getLong(20),
                at.getLong(28),
                at.getLong(36),
                at.getInt(44),
                at.getLong(48),
                at.getLong(56),
                at.getLong(64),
                at.getShort(77) & 0xffff,
                offset > 0);
    }

    /**
     * The descriptor in an extent, without looking at anything else of it.
     *
     * @param first how the extent begins, with its header at least
     */
    static Optional<byte[]> descriptor(Storage image, byte[] first) throws StorageException {
        ByteBuffer header = ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN);
        long sector = header.getLong(28);
        long bytes = Math.clamp(header.getLong(36), 0, Descriptor.MOST_BYTES / SECTOR) * SECTOR;
        if (sector == 0 || bytes == 0) {
            return Optional.empty();
        }
        if (sector < 0 || sector > (image.capacityBytes() - bytes) / SECTOR) {
            throw ImageBytes.corrupt("a descriptor of %d bytes at sector %d".formatted(bytes, sector));
        }
        byte[] text = new byte[(int) bytes];
        image.read(sector * SECTOR, MemorySegment.ofArray(text));
        return Optional.of(text);
    }

    ByteBuffer toBytes() {
        ByteBuffer at = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        at.putInt(0, MAGIC)
                .putInt(4, version)
                .putInt(8, flags)
                .putLong(12, sectors)
                .putLong(20, grainSectors);
        at.putLong(28, descriptorSector).putLong(36, descriptorSectors).putInt(44, tableEntries);
        at.putLong(48, redundantDirectorySector).putLong(56, directorySector).putLong(64, overheadSectors);
        at.put(73, (byte) '\n').put(74, (byte) ' ').put(75, (byte) '\r').put(76, (byte) '\n');
        return at.putShort(77, (short) compression);
    }

    private void check(ImageBytes image) throws StorageException {
        if (version < 1 || version > 3) {
            throw new StorageException(Kind.UNSUPPORTED, "version %d: expected 1 to 3".formatted(version));
        }
        if ((flags & COMPRESSED) != 0 && compression != 1) {
            throw new StorageException(Kind.UNSUPPORTED, "compression %d: expected 1 (deflate)".formatted(compression));
        }
        if (Long.bitCount(grainSectors) != 1
                || grainSectors < LEAST_GRAIN_SECTORS
                || grainSectors > MOST_GRAIN_SECTORS
                || tableEntries < 1
                || tableEntries > MOST_TABLE_ENTRIES) {
            throw ImageBytes.corrupt("grains of %d sectors, tables of %d".formatted(grainSectors, tableEntries));
        }
        if (sectors < 0 || sectors > MOST_TABLES * tableEntries * grainSectors) {
            throw ImageBytes.corrupt("an extent of %d sectors".formatted(sectors));
        }
        checkDirectory(image, directorySector);
        if (isRedundant()) {
            checkDirectory(image, redundantDirectorySector);
        }
    }

    private void checkDirectory(ImageBytes image, long sector) throws StorageException {
        if (sector < 1 || sector > (image.bytes() - 4 * tables()) / SECTOR) {
            throw ImageBytes.corrupt("a grain directory of %d tables at sector %d".formatted(tables(), sector));
        }
    }

    boolean isRedundant() {
        return (flags & REDUNDANT) != 0;
    }

    boolean isCompressed() {
        return (flags & COMPRESSED) != 0;
    }

    boolean hasMarkers() {
        return (flags & MARKERS) != 0;
    }

    int grainBytes() {
        return (int) grainSectors * SECTOR;
    }

    int tableBytes() {
        return 4 * tableEntries;
    }

    long grains() {
        return (sectors + grainSectors - 1) / grainSectors;
    }

    long tables() {
        return (grains() + tableEntries - 1) / tableEntries;
    }
}
