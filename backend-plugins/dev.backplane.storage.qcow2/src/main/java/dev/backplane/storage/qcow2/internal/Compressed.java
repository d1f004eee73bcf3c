package dev.backplane.storage.qcow2.internal;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Clusters that are compressed: where they are and what they hold. Any thread. */
final class Compressed {
    private static final int SECTOR = 512;

    private final Image image;
    private final int clusterBits;
    private final boolean zstd;

    Compressed(Image image, Header header) {
        this.image = image;
        clusterBits = header.clusterBits();
        zstd = header.compression() == 1;
    }

    private int offsetBits() {
        return 62 - (clusterBits - 8);
    }

    private long offset(long entry) {
        return entry & (1L << offsetBits()) - 1;
    }

    /** The last byte may lie anywhere in the last sector. */
    private int bytes(long entry) {
        long sectors = (entry & ~Mapping.COPIED & ~Mapping.COMPRESSED) >>> offsetBits();
        return (int) ((sectors + 1) * SECTOR - (offset(entry) & SECTOR - 1));
    }

    /** The clusters of the image that it touches: first and last. */
    long firstCluster(long entry) {
        return offset(entry) >>> clusterBits << clusterBits;
    }

    long lastCluster(long entry) {
        return offset(entry) + bytes(entry) - 1 >>> clusterBits << clusterBits;
    }

    byte[] read(long entry) throws StorageException {
        byte[] packed = new byte[bytes(entry)];
        image.read(offset(entry), MemorySegment.ofArray(packed));
        byte[] cluster = new byte[1 << clusterBits];
        int length = zstd ? unpackZstd(packed, cluster) : inflate(packed, cluster);
        if (length != cluster.length) {
            throw Image.corrupt("a compressed cluster at 0x%x of %d bytes".formatted(offset(entry), length));
        }
        return cluster;
    }

    private static int inflate(byte[] packed, byte[] cluster) throws StorageException {
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(packed);
            int length = 0;
            while (length < cluster.length) {
                int more = inflater.inflate(cluster, length, cluster.length - length);
                if (more == 0) {
                    break;
                }
                length += more;
            }
            return length;
        } catch (DataFormatException e) {
            throw Image.corrupt("a compressed cluster: " + e.getMessage());
        } finally {
            inflater.end();
        }
    }

    private static int unpackZstd(byte[] packed, byte[] cluster) throws StorageException {
        try {
            int frame = (int) Zstd.findFrameCompressedSize(packed);
            return (int) Zstd.decompressByteArray(cluster, 0, cluster.length, packed, 0, frame);
        } catch (ZstdException | ArrayIndexOutOfBoundsException e) {
            throw Image.corrupt("a compressed cluster: " + e.getMessage());
        }
    }
}
