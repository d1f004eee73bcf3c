package dev.backplane.storage.vhd.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.ImageBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;

/**
 * The footer of every image, of which a dynamic one has a copy at its beginning. Numbers are big-endian.
 *
 * @param bytes all of it, with its checksum
 */
record Footer(ByteBuffer bytes) {
    static final int BYTES = 512;
    static final int SECTOR = 512;

    static final int FIXED = 2;
    static final int DYNAMIC = 3;

    /** More cannot be addressed by the sectors in a table. */
    static final long MOST_SECTORS = 0xff00_0000L;

    private static final long COOKIE = 0x636f_6e65_6374_6978L;
    private static final int FEATURES_AT = 8;
    private static final int VERSION_AT = 12;
    private static final int HEADER_AT = 16;
    private static final int TIME_AT = 24;
    private static final int CREATOR_AT = 28;
    private static final int CREATOR_VERSION_AT = 32;
    private static final int CREATOR_HOST_AT = 36;
    private static final int ORIGINAL_BYTES_AT = 40;
    private static final int CAPACITY_AT = 48;
    private static final int GEOMETRY_AT = 56;
    private static final int TYPE_AT = 60;
    private static final int CHECKSUM_AT = 64;
    private static final int ID_AT = 68;

    private static final int RESERVED_FEATURE = 2;
    private static final int VERSION = 0x0001_0000;
    private static final Instant EPOCH = Instant.parse("2000-01-01T00:00:00Z");

    /**
     * Who made an image decides whether its length or its geometry counts: Virtual PC goes by the geometry, and who is not known here did
     * as Virtual PC. Images that are made here say what Hyper-V says, so that nobody rounds them.
     */
    private static final String HYPER_V = "win ";

    private static final Set<String> BY_LENGTH = Set.of(HYPER_V, "qem2", "d2v ", "tap\0", "CTXS", "wa\0\0");

    static Footer make(int type, long capacityBytes) {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES);
        bytes.putLong(0, COOKIE);
        bytes.putInt(FEATURES_AT, RESERVED_FEATURE);
        bytes.putInt(VERSION_AT, VERSION);
        bytes.putLong(HEADER_AT, type == FIXED ? -1 : BYTES);
        bytes.putInt(TIME_AT, (int) Duration.between(EPOCH, Instant.now()).toSeconds());
        bytes.putInt(CREATOR_VERSION_AT, 0x000a_0000);
        bytes.put(CREATOR_HOST_AT, "Wi2k".getBytes(StandardCharsets.US_ASCII));
        bytes.putLong(ORIGINAL_BYTES_AT, capacityBytes);
        bytes.putInt(TYPE_AT, type);
        UUID id = UUID.randomUUID();
        bytes.putLong(ID_AT, id.getMostSignificantBits());
        bytes.putLong(ID_AT + 8, id.getLeastSignificantBits());
        return new Footer(bytes).withCapacity(capacityBytes);
    }

    /** The one that counts: a dynamic image's copy at the beginning, which is never overwritten, or the one at the end. */
    static Footer read(ImageBytes image) throws StorageException {
        Footer first = new Footer(image.read(0, BYTES, ByteOrder.BIG_ENDIAN));
        Footer last = new Footer(image.read(Math.max(0, image.bytes() - BYTES), BYTES, ByteOrder.BIG_ENDIAN));
        Footer footer = first.isWhole() && first.type() != FIXED ? first : last;
        if (!footer.isMarked() && !first.isMarked()) {
            throw new StorageException(
                    Kind.INVALID_FORMAT,
                    "neither its first nor its last 512 bytes are a footer: not a VHD image: declare its real format");
        }
        if (!footer.isWhole()) {
            throw ImageBytes.corrupt("the footer's checksum is wrong");
        }
        if (footer.type() != FIXED && footer.type() != DYNAMIC) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "disk type %d: expected 2 (fixed) or 3 (dynamic): differencing images are not supported"
                            .formatted(footer.type()));
        }
        long capacity = footer.capacityBytes();
        long most = footer.type() == FIXED ? image.bytes() - BYTES : MOST_SECTORS * SECTOR;
        if (capacity < 0 || capacity > most) {
            throw ImageBytes.corrupt("a disk of %d bytes: expected at most %d".formatted(capacity, most));
        }
        return footer;
    }

    boolean isMarked() {
        return bytes.getLong(0) == COOKIE;
    }

    private boolean isWhole() {
        return isMarked() && bytes.getInt(CHECKSUM_AT) == checksum(bytes, CHECKSUM_AT);
    }

    /** The complement of the sum of all other bytes. */
    static int checksum(ByteBuffer bytes, int at) {
        int sum = 0;
        for (int i = 0; i < bytes.capacity(); i++) {
            sum += i >= at && i < at + 4 ? 0 : bytes.get(i) & 0xff;
        }
        return ~sum;
    }

    int type() {
        return bytes.getInt(TYPE_AT);
    }

    long headerOffset() {
        return bytes.getLong(HEADER_AT);
    }

    long capacityBytes() {
        byte[] creator = new byte[4];
        bytes.get(CREATOR_AT, creator);
        long sectors = (bytes.getShort(GEOMETRY_AT) & 0xffffL)
                * (bytes.get(GEOMETRY_AT + 2) & 0xff)
                * (bytes.get(GEOMETRY_AT + 3) & 0xff);
        // The longest geometry stands for everything that is longer.
        boolean byLength = BY_LENGTH.contains(new String(creator, StandardCharsets.ISO_8859_1))
                || sectors == Geometry.MOST_SECTORS;
        return byLength ? bytes.getLong(CAPACITY_AT) / SECTOR * SECTOR : sectors * SECTOR;
    }

    /** The same for a disk of another length, which counts. */
    Footer withCapacity(long capacityBytes) {
        ByteBuffer next = ByteBuffer.allocate(BYTES);
        next.put(0, bytes, 0, BYTES);
        next.put(CREATOR_AT, HYPER_V.getBytes(StandardCharsets.US_ASCII));
        next.putLong(CAPACITY_AT, capacityBytes);
        Geometry geometry = Geometry.of(capacityBytes / SECTOR);
        next.putShort(GEOMETRY_AT, (short) geometry.cylinders());
        next.put(GEOMETRY_AT + 2, (byte) geometry.heads());
        next.put(GEOMETRY_AT + 3, (byte) geometry.sectors());
        next.putInt(CHECKSUM_AT, checksum(next, CHECKSUM_AT));
        return new Footer(next);
    }
}
