package dev.backplane.storage.parallels.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.ImageBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The header (docs/interop/parallels), checked: everything else may rely on its bounds. Numbers are little-endian.
 *
 * @param clusterBytes the length of a cluster
 * @param entries how many the table has
 * @param capacityBytes the length of the disk
 * @param isInUse whether it was not closed
 * @param dataOffset where clusters begin
 * @param unitSectors what an entry of the table counts in
 */
record ParallelsHeader(
        int clusterBytes, long entries, long capacityBytes, boolean isInUse, long dataOffset, int unitSectors) {
    static final int BYTES = 64;
    static final int SECTOR = 512;

    static final int VERSION_AT = 16;
    static final int HEADS_AT = 20;
    static final int CYLINDERS_AT = 24;
    static final int CLUSTER_SECTORS_AT = 28;
    static final int ENTRIES_AT = 32;
    static final int SECTORS_AT = 36;
    static final int IN_USE_AT = 44;
    static final int DATA_AT = 48;
    static final int EXTENSION_AT = 56;

    static final int VERSION = 2;
    static final int IN_USE = 0x746f_6e59;
    static final int CLOSED = 0x312e_3276;

    private static final int MARK_BYTES = 16;
    /** Entries are sectors, and the disk has less than 2 TiB. */
    private static final String OLD = "WithoutFreeSpace";

    /** Entries are clusters. */
    private static final String MARK = "WithouFreSpacExt";

    private static final int MOST_CLUSTER_SECTORS = 64 << 11;

    static boolean isMark(ByteBuffer first) {
        String mark = mark(first);
        return mark.equals(OLD) || mark.equals(MARK);
    }

    private static String mark(ByteBuffer first) {
        byte[] mark = new byte[MARK_BYTES];
        first.get(0, mark);
        return new String(mark, StandardCharsets.ISO_8859_1);
    }

    static ParallelsHeader read(ImageBytes image) throws StorageException {
        ByteBuffer at = image.read(0, BYTES, ByteOrder.LITTLE_ENDIAN);
        if (!isMark(at)) {
            throw new StorageException(
                    Kind.INVALID_FORMAT,
                    "it begins neither with \"%s\" nor with \"%s\": not a Parallels image: declare its real format"
                            .formatted(MARK, OLD));
        }
        if (at.getInt(VERSION_AT) != VERSION) {
            throw new StorageException(
                    Kind.UNSUPPORTED, "version %d: expected %d".formatted(at.getInt(VERSION_AT), VERSION));
        }
        boolean isOld = mark(at).equals(OLD);
        int clusterSectors = at.getInt(CLUSTER_SECTORS_AT);
        long entries = at.getInt(ENTRIES_AT) & 0xffff_ffffL;
        long sectors = isOld ? at.getInt(SECTORS_AT) & 0xffff_ffffL : at.getLong(SECTORS_AT);
        if (clusterSectors < 1 || clusterSectors > MOST_CLUSTER_SECTORS) {
            throw ImageBytes.corrupt(
                    "clusters of %d sectors: expected 1 to %d".formatted(clusterSectors, MOST_CLUSTER_SECTORS));
        }
        if (sectors < 0 || sectors > entries * clusterSectors) {
            throw ImageBytes.corrupt(
                    "%d clusters of %d sectors for a disk of %d".formatted(entries, clusterSectors, sectors));
        }
        long end = BYTES + 4 * entries;
        // Old images leave it out: clusters begin behind the table.
        long data = (at.getInt(DATA_AT) & 0xffff_ffffL) * SECTOR;
        if (data == 0 && isOld) {
            data = (end + SECTOR - 1) / SECTOR * SECTOR;
        }
        if (end > image.bytes() || data < end) {
            throw ImageBytes.corrupt("a table of %d entries, clusters from 0x%x on".formatted(entries, data));
        }
        if (at.getLong(EXTENSION_AT) != 0 && image.isWritable()) {
            throw new StorageException(
                    Kind.UNSUPPORTED, "it has extensions, which would not be kept up: open it readOnly");
        }
        return new ParallelsHeader(
                clusterSectors * SECTOR,
                entries,
                sectors * SECTOR,
                at.getInt(IN_USE_AT) == IN_USE,
                data,
                isOld ? 1 : clusterSectors);
    }

    ByteBuffer toBytes() {
        ByteBuffer at = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        at.put(0, MARK.getBytes(StandardCharsets.US_ASCII));
        int heads = 16;
        int track = 32;
        at.putInt(VERSION_AT, VERSION);
        at.putInt(HEADS_AT, heads);
        at.putInt(CYLINDERS_AT, (int) Math.min(Integer.MAX_VALUE, capacityBytes / SECTOR / heads / track));
        at.putInt(CLUSTER_SECTORS_AT, clusterBytes / SECTOR);
        at.putInt(ENTRIES_AT, (int) entries);
        at.putLong(SECTORS_AT, capacityBytes / SECTOR);
        at.putInt(DATA_AT, (int) (dataOffset / SECTOR));
        return at;
    }

    /** What an entry counts in. */
    long unitBytes() {
        return (long) unitSectors * SECTOR;
    }
}
