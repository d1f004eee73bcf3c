package dev.backplane.storage.qcow2.internal;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** Clusters that are compressed: where they are and what they hold. Any thread. */
final class Compressed implements AutoCloseable {
    private static final int SECTOR = 512;

    private final Image image;
    private final int clusterBits;
    private final boolean zstd;
    private final ConcurrentLinkedQueue<Bench> benches = new ConcurrentLinkedQueue<>();

    Compressed(Image image, Header header) {
        this.image = image;
        clusterBits = header.clusterBits();
        zstd = header.compression() == 1;
    }

    /** What one thread works with, kept for the next one: both are dear to make. */
    private static final class Bench {
        private final Inflater inflater = new Inflater(true);
        private @Nullable Deflater deflater;
        private final MemorySegment cluster;
        private MemorySegment packed;

        Bench(int clusterBytes) {
            cluster = Arena.ofAuto().allocate(clusterBytes, 64);
            packed = Arena.ofAuto().allocate(clusterBytes, 64);
        }

        MemorySegment packed(int bytes) {
            if (packed.byteSize() < bytes) {
                packed = Arena.ofAuto().allocate(bytes, 64);
            }
            return packed.asSlice(0, bytes);
        }

        Deflater deflater() {
            Deflater made = deflater;
            if (made == null) {
                made = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
                deflater = made;
            }
            made.reset();
            return made;
        }

        void end() {
            inflater.end();
            if (deflater != null) {
                deflater.end();
            }
        }
    }

    private Bench bench() {
        Bench kept = benches.poll();
        return kept == null ? new Bench(1 << clusterBits) : kept;
    }

    @Override
    public void close() {
        for (Bench each = benches.poll(); each != null; each = benches.poll()) {
            each.end();
        }
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

    /** What leads to so many bytes there. */
    long entry(long offset, int bytes) {
        long sectors = (offset + bytes - 1 >>> 9) - (offset >>> 9);
        return Mapping.COMPRESSED | sectors << offsetBits() | offset;
    }

    /** Reads a part of a cluster. */
    void read(long entry, int from, MemorySegment target) throws StorageException {
        Bench bench = bench();
        MemorySegment packed = bench.packed(bytes(entry));
        image.read(offset(entry), packed);
        boolean whole = from == 0 && target.byteSize() == 1 << clusterBits && target.isNative();
        MemorySegment cluster = whole ? target : bench.cluster;
        int length = zstd ? unpackZstd(packed, cluster) : inflate(bench.inflater, packed, cluster);
        if (length != 1 << clusterBits) {
            throw Image.corrupt("a compressed cluster at 0x%x of %d bytes".formatted(offset(entry), length));
        }
        if (!whole) {
            MemorySegment.copy(cluster, from, target, 0, target.byteSize());
        }
        benches.add(bench);
    }

    private static int inflate(Inflater inflater, MemorySegment packed, MemorySegment cluster) throws StorageException {
        inflater.reset();
        inflater.setInput(packed.asByteBuffer());
        ByteBuffer out = cluster.asByteBuffer();
        try {
            while (out.hasRemaining() && inflater.inflate(out) > 0) {
                // On to the next part.
            }
        } catch (DataFormatException e) {
            throw Image.corrupt("a compressed cluster: " + e.getMessage());
        }
        return out.position();
    }

    private static int unpackZstd(MemorySegment packed, MemorySegment cluster) throws StorageException {
        byte[] from = packed.toArray(ValueLayout.JAVA_BYTE);
        byte[] to = new byte[(int) cluster.byteSize()];
        try {
            int frame = (int) Zstd.findFrameCompressedSize(from);
            int length = (int) Zstd.decompressByteArray(to, 0, to.length, from, 0, frame);
            MemorySegment.copy(to, 0, cluster, ValueLayout.JAVA_BYTE, 0, to.length);
            return length;
        } catch (ZstdException | ArrayIndexOutOfBoundsException e) {
            throw Image.corrupt("a compressed cluster: " + e.getMessage());
        }
    }

    /** Compresses a cluster, of which the disk's end may have cut something off. Empty where it would not become smaller. */
    byte[] pack(MemorySegment bytes) {
        byte[] cluster = new byte[1 << clusterBits];
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, 0, cluster, 0, (int) bytes.byteSize());
        if (zstd) {
            byte[] packed = Zstd.compress(cluster);
            return packed.length < cluster.length ? packed : new byte[0];
        }
        Bench bench = bench();
        Deflater deflater = bench.deflater();
        deflater.setInput(cluster);
        deflater.finish();
        byte[] packed = new byte[cluster.length];
        int length = deflater.deflate(packed);
        boolean smaller = deflater.finished() && length < cluster.length;
        benches.add(bench);
        return smaller ? Arrays.copyOf(packed, length) : new byte[0];
    }
}
