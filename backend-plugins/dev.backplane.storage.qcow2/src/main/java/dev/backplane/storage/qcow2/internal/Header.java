package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The header (docs/interop/qcow2), checked: everything else may rely on its bounds.
 *
 * @param version 2 or 3
 * @param clusterBits a cluster has 1 &lt;&lt; that many bytes
 * @param capacityBytes the length of the disk
 * @param l1Offset where the L1 table is
 * @param l1Entries how long it is
 * @param refcountTableOffset where the refcount table is
 * @param refcountTableClusters how long it is
 * @param refcountOrder a refcount has 1 &lt;&lt; that many bits
 * @param incompatible incompatible features
 * @param autoclear autoclear features
 * @param compression 0 deflate, 1 zstd
 * @param backing the name of the backing file
 */
record Header(
        int version,
        int clusterBits,
        long capacityBytes,
        long l1Offset,
        int l1Entries,
        long refcountTableOffset,
        int refcountTableClusters,
        int refcountOrder,
        long incompatible,
        long autoclear,
        int compression,
        Optional<String> backing) {
    static final int AUTOCLEAR_AT = 88;

    static final long DIRTY = 1;
    static final long CORRUPT = 1 << 1;
    private static final long COMPRESSION_TYPE = 1 << 3;
    private static final long KNOWN = DIRTY | CORRUPT | COMPRESSION_TYPE;

    private static final int MAGIC = 0x514649fb;
    private static final int BYTES = 112;
    private static final int V3_BYTES = 104;
    private static final int LONGEST_NAME = 1023;
    private static final int MOST_L1_BYTES = 32 << 20;
    private static final int MOST_REFCOUNT_TABLE_BYTES = 8 << 20;

    int clusterBytes() {
        return 1 << clusterBits;
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
        Header header = new Header(
                version,
                at.getInt(20),
                at.getLong(24),
                at.getLong(40),
                at.getInt(36),
                at.getLong(48),
                at.getInt(56),
                three ? at.getInt(96) : 4,
                three ? at.getLong(72) : 0,
                three ? at.getLong(88) : 0,
                three && at.getInt(100) > V3_BYTES ? at.get(104) : 0,
                backing(image, at.getLong(8), at.getInt(16)));
        header.check(image, at.getInt(32));
        return header;
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

    private void check(Image image, int crypt) throws StorageException {
        if (clusterBits < 9 || clusterBits > 21) {
            throw Image.corrupt("cluster_bits %d: expected 9 to 21".formatted(clusterBits));
        }
        if (crypt != 0) {
            throw new StorageException(
                    Kind.UNSUPPORTED, "crypt_method %d: encrypted images are not supported".formatted(crypt));
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
        long covered = (long) clusterBytes() << clusterBits - 3;
        long needed = capacityBytes < 0 ? Long.MAX_VALUE : (capacityBytes + covered - 1) / covered;
        if (l1Entries < 0 || l1Entries > MOST_L1_BYTES / 8 || needed > l1Entries) {
            throw Image.corrupt("an L1 table of %d entries for %d bytes".formatted(l1Entries, capacityBytes));
        }
        if (refcountTableClusters < 1 || refcountTableClusters > MOST_REFCOUNT_TABLE_BYTES >> clusterBits) {
            throw Image.corrupt("a refcount table of %d clusters".formatted(refcountTableClusters));
        }
        checkPlace(image, l1Entries == 0 ? 0 : l1Offset);
        checkPlace(image, refcountTableOffset);
    }

    private void checkPlace(Image image, long offset) throws StorageException {
        if (offset < 0 || offset % clusterBytes() != 0 || offset > image.bytes()) {
            throw Image.corrupt("a table at 0x%x".formatted(offset));
        }
    }
}
