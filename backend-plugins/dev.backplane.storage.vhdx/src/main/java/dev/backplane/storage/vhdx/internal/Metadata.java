package dev.backplane.storage.vhdx.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.ImageBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/**
 * What the disk is (2.6), checked: everything else may rely on its bounds.
 *
 * @param blockBytes the length of a block
 * @param isFixed whether blocks stay allocated
 * @param capacityBytes the length of the disk
 * @param capacityAt where that stands in the image
 * @param sectorBytes the disk's logical sectors
 * @param physicalSectorBytes its physical ones
 */
record Metadata(
        int blockBytes,
        boolean isFixed,
        long capacityBytes,
        long capacityAt,
        int sectorBytes,
        int physicalSectorBytes) {
    static final long MOST_CAPACITY = 64L << 40;
    static final int MOST_BLOCK_BYTES = 256 << 20;

    private static final Guid FILE_PARAMETERS = Guid.of("CAA16737-FA36-4D43-B3B6-33F0AA44E76B");
    private static final Guid CAPACITY = Guid.of("2FA54224-CD1B-4876-B211-5DBED83BF4B8");
    private static final Guid DISK_ID = Guid.of("BECA12AB-B2E6-4523-93EF-C309E000C746");
    private static final Guid SECTOR = Guid.of("8141BF1D-A96F-4709-BA47-F233A8FAAB5F");
    private static final Guid PHYSICAL_SECTOR = Guid.of("CDA348C7-445D-4471-9CC9-E9885251C556");
    private static final Guid PARENT = Guid.of("A8D35F2D-B30B-454D-ABF7-D3D84834AB0C");

    private static final long SIGNATURE = 0x6174_6164_6174_656dL;
    private static final int COUNT_AT = 10;
    private static final int HEADER_BYTES = 32;
    private static final int ENTRY_BYTES = 32;
    private static final int MOST_ENTRIES = 2047;
    private static final int TABLE_BYTES = 64 << 10;
    private static final int IS_DISK = 2;
    private static final int IS_REQUIRED = 4;
    private static final int LEAVE_ALLOCATED = 1;
    private static final int HAS_PARENT = 2;

    static Metadata read(ImageBytes image, Regions.Region region) throws StorageException {
        ByteBuffer at = image.read(region.offset(), TABLE_BYTES, ByteOrder.LITTLE_ENDIAN);
        int count = at.getShort(COUNT_AT) & 0xffff;
        if (at.getLong(0) != SIGNATURE || count > MOST_ENTRIES) {
            throw ImageBytes.corrupt("there is no metadata table at 0x%x".formatted(region.offset()));
        }
        Map<Guid, Long> places = new HashMap<>();
        for (int i = 0; i < count; i++) {
            int entry = HEADER_BYTES + i * ENTRY_BYTES;
            long offset = at.getInt(entry + 16) & 0xffff_ffffL;
            if (offset < TABLE_BYTES || offset > region.bytes() - 8) {
                throw ImageBytes.corrupt("metadata at 0x%x of their region".formatted(offset));
            }
            Guid guid = Guid.get(at, entry);
            boolean known = guid.equals(FILE_PARAMETERS)
                    || guid.equals(CAPACITY)
                    || guid.equals(DISK_ID)
                    || guid.equals(SECTOR)
                    || guid.equals(PHYSICAL_SECTOR)
                    || guid.equals(PARENT);
            if (!known && (at.getInt(entry + 24) & IS_REQUIRED) != 0) {
                throw new StorageException(Kind.UNSUPPORTED, "the image requires metadata that are not known: " + guid);
            }
            places.put(guid, region.offset() + offset);
        }
        ByteBuffer parameters = item(image, places, FILE_PARAMETERS);
        if ((parameters.getInt(4) & HAS_PARENT) != 0) {
            throw new StorageException(Kind.UNSUPPORTED, "it has a parent: differencing images are not supported");
        }
        Metadata metadata = new Metadata(
                parameters.getInt(0),
                (parameters.getInt(4) & LEAVE_ALLOCATED) != 0,
                item(image, places, CAPACITY).getLong(0),
                places.getOrDefault(CAPACITY, 0L),
                item(image, places, SECTOR).getInt(0),
                places.containsKey(PHYSICAL_SECTOR)
                        ? item(image, places, PHYSICAL_SECTOR).getInt(0)
                        : 512);
        metadata.check();
        return metadata;
    }

    private static ByteBuffer item(ImageBytes image, Map<Guid, Long> places, Guid guid) throws StorageException {
        Long place = places.get(guid);
        if (place == null) {
            throw ImageBytes.corrupt("required metadata are missing: " + guid);
        }
        return image.read(place, 8, ByteOrder.LITTLE_ENDIAN);
    }

    private void check() throws StorageException {
        if (Integer.bitCount(blockBytes) != 1 || blockBytes < Header.MIB || blockBytes > MOST_BLOCK_BYTES) {
            throw ImageBytes.corrupt("blocks of %d bytes: expected a power of two from %d to %d"
                    .formatted(blockBytes, Header.MIB, MOST_BLOCK_BYTES));
        }
        if (sectorBytes != 512 && sectorBytes != 4096) {
            throw ImageBytes.corrupt("sectors of %d bytes: expected 512 or 4096".formatted(sectorBytes));
        }
        if (capacityBytes < 0 || capacityBytes > MOST_CAPACITY || capacityBytes % sectorBytes != 0) {
            throw ImageBytes.corrupt("a disk of %d bytes: expected at most %d, in whole sectors of %d"
                    .formatted(capacityBytes, MOST_CAPACITY, sectorBytes));
        }
    }

    /** The region's contents, for a new image. */
    ByteBuffer toBytes() {
        ByteBuffer bytes = ByteBuffer.allocate(2 * TABLE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(0, SIGNATURE);
        bytes.putShort(COUNT_AT, (short) 5);
        int item = TABLE_BYTES;
        put(bytes, 0, FILE_PARAMETERS, item, 8, IS_REQUIRED);
        bytes.putInt(item, blockBytes).putInt(item + 4, isFixed ? LEAVE_ALLOCATED : 0);
        item += 8;
        put(bytes, 1, CAPACITY, item, 8, IS_DISK | IS_REQUIRED);
        bytes.putLong(item, capacityBytes);
        item += 8;
        put(bytes, 2, DISK_ID, item, Guid.BYTES, IS_DISK | IS_REQUIRED);
        Guid.random().put(bytes, item);
        item += Guid.BYTES;
        put(bytes, 3, SECTOR, item, 4, IS_DISK | IS_REQUIRED);
        bytes.putInt(item, sectorBytes);
        item += 4;
        put(bytes, 4, PHYSICAL_SECTOR, item, 4, IS_DISK | IS_REQUIRED);
        bytes.putInt(item, physicalSectorBytes);
        return bytes;
    }

    private static void put(ByteBuffer bytes, int index, Guid guid, int offset, int length, int flags) {
        int entry = HEADER_BYTES + index * ENTRY_BYTES;
        guid.put(bytes, entry);
        bytes.putInt(entry + 16, offset);
        bytes.putInt(entry + 20, length);
        bytes.putInt(entry + 24, flags);
    }

    /** A bitmap entry stands behind so many blocks' entries (2.5). */
    long chunkRatio() {
        return ((long) sectorBytes << 23) / blockBytes;
    }

    /** Where a block's entry is in the table. */
    long entry(long block) {
        return block + block / chunkRatio();
    }

    long blocks() {
        return (capacityBytes + blockBytes - 1) / blockBytes;
    }

    /** How many entries the table needs. */
    long entries() {
        return capacityBytes == 0 ? 0 : entry(blocks() - 1) + 1;
    }

    Metadata withCapacity(long next) {
        return new Metadata(blockBytes, isFixed, next, capacityAt, sectorBytes, physicalSectorBytes);
    }
}
