package dev.backplane.storage.vhdx.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.ImageBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Where the block allocation table and the metadata are (2.2.3).
 *
 * @param table the block allocation table
 * @param metadata what the disk is
 */
record Regions(Region table, Region metadata) {
    /**
     * A stretch of the image.
     *
     * @param offset its first byte
     * @param bytes its length
     */
    record Region(long offset, long bytes) {
        boolean overlaps(long place, long length) {
            return place < offset + bytes && offset < place + length;
        }
    }

    static final int FIRST_AT = 192 << 10;
    static final int BYTES = 64 << 10;

    private static final Guid TABLE = Guid.of("2DC27766-F623-4200-9D64-115E9BFD4A08");
    private static final Guid METADATA = Guid.of("8B7CA206-4790-4B9A-B8FE-575F050F886E");
    private static final int SIGNATURE = 0x6967_6572;
    private static final int COUNT_AT = 8;
    private static final int HEADER_BYTES = 16;
    private static final int ENTRY_BYTES = 32;
    private static final int MOST_ENTRIES = 2047;

    static Regions read(ImageBytes image) throws StorageException {
        ByteBuffer at = image.read(FIRST_AT, BYTES, ByteOrder.LITTLE_ENDIAN);
        if (!Sealed.isWhole(at, SIGNATURE)) {
            at = image.read(FIRST_AT + BYTES, BYTES, ByteOrder.LITTLE_ENDIAN);
            if (!Sealed.isWhole(at, SIGNATURE)) {
                throw ImageBytes.corrupt("neither region table is whole");
            }
        }
        int count = at.getInt(COUNT_AT);
        if (count < 0 || count > MOST_ENTRIES) {
            throw ImageBytes.corrupt("a region table of %d entries".formatted(count));
        }
        Region table = null;
        Region metadata = null;
        for (int i = 0; i < count; i++) {
            int entry = HEADER_BYTES + i * ENTRY_BYTES;
            Guid guid = Guid.get(at, entry);
            if (guid.equals(TABLE)) {
                table = region(image, at, entry);
            } else if (guid.equals(METADATA)) {
                metadata = region(image, at, entry);
            } else if ((at.getInt(entry + 28) & 1) != 0) {
                throw new StorageException(Kind.UNSUPPORTED, "the image requires a region that is not known: " + guid);
            }
        }
        return new Regions(required(table, "block allocation table"), required(metadata, "metadata"));
    }

    private static Region region(ImageBytes image, ByteBuffer at, int entry) throws StorageException {
        Region region = new Region(at.getLong(entry + 16), at.getInt(entry + 24) & 0xffff_ffffL);
        if (region.offset < Header.MIB
                || region.offset % Header.MIB != 0
                || region.bytes == 0
                || region.bytes % Header.MIB != 0
                || region.offset > image.bytes() - region.bytes) {
            throw ImageBytes.corrupt("a region of 0x%x bytes at 0x%x".formatted(region.bytes, region.offset));
        }
        return region;
    }

    private static Region required(@Nullable Region region, String what) throws StorageException {
        if (region == null) {
            throw ImageBytes.corrupt("there is no " + what);
        }
        return region;
    }

    ByteBuffer toBytes() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(0, SIGNATURE);
        bytes.putInt(COUNT_AT, 2);
        put(bytes, HEADER_BYTES, TABLE, table);
        put(bytes, HEADER_BYTES + ENTRY_BYTES, METADATA, metadata);
        return Sealed.seal(bytes);
    }

    private static void put(ByteBuffer bytes, int entry, Guid guid, Region region) {
        guid.put(bytes, entry);
        bytes.putLong(entry + 16, region.offset);
        bytes.putInt(entry + 24, (int) region.bytes);
        bytes.putInt(entry + 28, 1);
    }
}
