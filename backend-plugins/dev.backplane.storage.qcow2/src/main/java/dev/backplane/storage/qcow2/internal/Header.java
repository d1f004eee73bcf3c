package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The header (docs/interop/qcow2), checked: everything else may rely on its bounds.
 *
 * @param version 2 or 3
 * @param clusterBits a cluster has 1 &lt;&lt; that many bytes
 * @param capacityBytes the length of the disk
 * @param cryptMethod 0 for none, 2 for LUKS
 * @param l1Offset where the L1 table is
 * @param l1Entries how long it is
 * @param refcountTableOffset where the refcount table is
 * @param refcountTableClusters how long it is
 * @param refcountOrder a refcount has 1 &lt;&lt; that many bits
 * @param snapshotCount how many snapshots there are
 * @param snapshotsOffset where their table is
 * @param incompatible incompatible features
 * @param compatible compatible features
 * @param autoclear autoclear features
 * @param compression 0 deflate, 1 zstd
 * @param bytes how long it is without extensions
 * @param extensions in their order
 * @param backing the name of the backing file
 */
record Header(
        int version,
        int clusterBits,
        long capacityBytes,
        int cryptMethod,
        long l1Offset,
        int l1Entries,
        long refcountTableOffset,
        int refcountTableClusters,
        int refcountOrder,
        int snapshotCount,
        long snapshotsOffset,
        long incompatible,
        long compatible,
        long autoclear,
        int compression,
        int bytes,
        List<Extension> extensions,
        Optional<String> backing) {
    static final int BACKING_OFFSET_AT = 8;
    static final int CAPACITY_AT = 24;
    static final int CRYPT_METHOD_AT = 32;
    static final int L1_ENTRIES_AT = 36;
    static final int REFCOUNT_TABLE_AT = 48;
    static final int SNAPSHOTS_AT = 60;
    static final int INCOMPATIBLE_AT = 72;
    static final int COMPATIBLE_AT = 80;
    static final int AUTOCLEAR_AT = 88;

    static final long DIRTY = 1;
    static final long CORRUPT = 1 << 1;
    static final long DATA_FILE = 1 << 2;
    static final long COMPRESSION_TYPE = 1 << 3;
    static final long EXTENDED_L2 = 1 << 4;
    private static final long KNOWN = DIRTY | CORRUPT | DATA_FILE | COMPRESSION_TYPE | EXTENDED_L2;

    static final long LAZY_REFCOUNTS = 1;

    static final long BITMAPS = 1;
    static final long DATA_FILE_RAW = 1 << 1;

    private static final int AES = 1;
    static final int LUKS = 2;

    static final int MAGIC = 0x514649fb;
    static final int V2_BYTES = 72;
    static final int BYTES = 112;
    private static final int V3_BYTES = 104;
    static final int LONGEST_NAME = 1023;
    static final int MOST_L1_BYTES = 32 << 20;
    static final int MOST_REFCOUNT_TABLE_BYTES = 8 << 20;
    private static final int MOST_SNAPSHOTS = 65536;
    /** Subclusters need 32 to a cluster, of at least 512 bytes. */
    static final int LEAST_EXTENDED_BITS = 14;

    /** Ends the extensions. */
    private static final int END = 0;

    int clusterBytes() {
        return 1 << clusterBits;
    }

    /** So many clusters hold so many bytes. */
    int clusters(long bytes) {
        return (int) (bytes + clusterBytes() - 1 >>> clusterBits);
    }

    boolean extended() {
        return (incompatible & EXTENDED_L2) != 0;
    }

    /** Whether the disk's bytes are in a file of their own. */
    boolean hasDataFile() {
        return (incompatible & DATA_FILE) != 0;
    }

    boolean isEncrypted() {
        return cryptMethod == LUKS;
    }

    /** An L2 table has 1 &lt;&lt; that many entries. */
    int l2Bits() {
        return clusterBits - (extended() ? 4 : 3);
    }

    /** So many L1 entries cover a capacity. */
    long l1EntriesFor(long capacity) {
        int coveredBits = clusterBits + l2Bits();
        return (capacity >>> coveredBits) + ((capacity & (1L << coveredBits) - 1) == 0 ? 0 : 1);
    }

    Optional<Extension> extension(int type) {
        return extensions.stream().filter(each -> each.type() == type).findFirst();
    }

    static Header read(Image image) throws StorageException {
        ByteBuffer at = image.read(0, BYTES);
        if (at.getInt(0) != MAGIC) {
            throw new StorageException(
                    Kind.INVALID_FORMAT,
                    "magic 0x%08x: not a qcow2 image: declare its real format".formatted(at.getInt(0)));
        }
        int version = at.getInt(4);
        if (version != 2 && version != 3) {
            throw new StorageException(Kind.UNSUPPORTED, "version %d: expected 2 or 3".formatted(version));
        }
        boolean three = version == 3;
        if (three && at.getInt(100) < V3_BYTES) {
            throw Image.corrupt("header_length %d is below %d".formatted(at.getInt(100), V3_BYTES));
        }
        int bits = at.getInt(20);
        if (bits < 9 || bits > 21) {
            throw Image.corrupt("cluster_bits %d: expected 9 to 21".formatted(bits));
        }
        int bytes = three ? at.getInt(100) : V2_BYTES;
        Header header = new Header(
                version,
                bits,
                at.getLong(CAPACITY_AT),
                at.getInt(CRYPT_METHOD_AT),
                at.getLong(40),
                at.getInt(L1_ENTRIES_AT),
                at.getLong(REFCOUNT_TABLE_AT),
                at.getInt(56),
                three ? at.getInt(96) : 4,
                at.getInt(SNAPSHOTS_AT),
                at.getLong(64),
                three ? at.getLong(INCOMPATIBLE_AT) : 0,
                three ? at.getLong(COMPATIBLE_AT) : 0,
                three ? at.getLong(AUTOCLEAR_AT) : 0,
                three && bytes > V3_BYTES ? at.get(104) : 0,
                bytes,
                extensions(image, bytes, 1 << bits, at.getLong(BACKING_OFFSET_AT)),
                backing(image, at.getLong(BACKING_OFFSET_AT), at.getInt(16)));
        header.check(image);
        return header;
    }

    /** They stand behind the header, within the first cluster and before the backing file's name. */
    private static List<Extension> extensions(Image image, int from, int clusterBytes, long nameOffset)
            throws StorageException {
        int end = nameOffset > from && nameOffset < clusterBytes ? (int) nameOffset : clusterBytes;
        List<Extension> found = new ArrayList<>();
        if (from < 0 || from > clusterBytes) {
            throw Image.corrupt("header_length %d for clusters of %d".formatted(from, clusterBytes));
        }
        ByteBuffer all = image.read(0, clusterBytes);
        for (int at = from; at + 8 <= end; ) {
            int type = all.getInt(at);
            int length = all.getInt(at + 4);
            if (type == END) {
                break;
            }
            if (length < 0 || length > end - at - 8) {
                throw Image.corrupt("header extension 0x%08x of %d bytes at %d".formatted(type, length, at));
            }
            byte[] bytes = new byte[length];
            all.get(at + 8, bytes);
            found.add(new Extension(type, bytes));
            at += 8 + (length + 7) / 8 * 8;
        }
        return List.copyOf(found);
    }

    private static Optional<String> backing(Image image, long offset, int length) throws StorageException {
        if (offset == 0) {
            return Optional.empty();
        }
        if (length < 1 || length > LONGEST_NAME || offset < 0 || offset > image.bytes()) {
            throw Image.corrupt("a backing file's name of %d bytes at 0x%x".formatted(length, offset));
        }
        return Optional.of(new String(image.read(offset, length).array(), StandardCharsets.UTF_8));
    }

    private void check(Image image) throws StorageException {
        if (cryptMethod == AES) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "crypt_method 1: QEMU's old AES encryption is weak, and not supported: convert the image to LUKS with qemu-img");
        }
        if (cryptMethod != 0 && cryptMethod != LUKS) {
            throw new StorageException(
                    Kind.UNSUPPORTED, "crypt_method %d: expected 0, or 2 for LUKS".formatted(cryptMethod));
        }
        if ((incompatible & ~KNOWN) != 0) {
            throw new StorageException(
                    Kind.UNSUPPORTED, "incompatible features 0x%x are not supported".formatted(incompatible & ~KNOWN));
        }
        if (refcountOrder < 0 || refcountOrder > 6) {
            throw Image.corrupt("refcount_order %d is above 6".formatted(refcountOrder));
        }
        if (compression < 0 || compression > 1) {
            throw new StorageException(Kind.UNSUPPORTED, "compression_type %d: expected 0 or 1".formatted(compression));
        }
        if (extended() && clusterBits < LEAST_EXTENDED_BITS) {
            throw Image.corrupt("cluster_bits %d with subclusters: expected at least %d"
                    .formatted(clusterBits, LEAST_EXTENDED_BITS));
        }
        if (capacityBytes < 0
                || l1Entries < 0
                || l1Entries > MOST_L1_BYTES / 8
                || l1EntriesFor(capacityBytes) > l1Entries) {
            throw Image.corrupt("an L1 table of %d entries for %d bytes".formatted(l1Entries, capacityBytes));
        }
        if (refcountTableClusters < 1 || refcountTableClusters > MOST_REFCOUNT_TABLE_BYTES >> clusterBits) {
            throw Image.corrupt("a refcount table of %d clusters".formatted(refcountTableClusters));
        }
        if (snapshotCount < 0 || snapshotCount > MOST_SNAPSHOTS) {
            throw Image.corrupt("%d snapshots".formatted(snapshotCount));
        }
        checkPlace(image, l1Entries == 0 ? 0 : l1Offset);
        // The last cluster may be cut short; a table that is not there at all would only take memory.
        if (8L * l1Entries > image.bytes() - l1Offset + clusterBytes()) {
            throw Image.corrupt("an L1 table of %d entries at 0x%x, behind the end".formatted(l1Entries, l1Offset));
        }
        checkPlace(image, refcountTableOffset);
        checkPlace(image, snapshotCount == 0 ? 0 : snapshotsOffset);
    }

    private void checkPlace(Image image, long offset) throws StorageException {
        if (offset < 0 || offset % clusterBytes() != 0 || offset > image.bytes()) {
            throw Image.corrupt("a table at 0x%x".formatted(offset));
        }
    }
}
