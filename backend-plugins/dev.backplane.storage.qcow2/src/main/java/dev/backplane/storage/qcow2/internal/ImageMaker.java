package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.BackingImage;
import dev.backplane.api.storage.image.ImageTarget;
import dev.backplane.image.luks.Luks;
import dev.backplane.image.luks.LuksChoice;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Writes new images: header, refcount table, its first blocks, L1 table, one after the other. */
final class ImageMaker {
    private static final int PIECE_BYTES = 1 << 20;

    private final QcowCreation options;
    private final ImageTarget target;
    private final int clusterBits;
    private final boolean three;
    private final int refcountOrder;

    ImageMaker(QcowCreation options, ImageTarget target) throws ConfigurationException {
        this.options = options;
        this.target = target;
        clusterBits = powerOfTwo("clusterSize", options.clusterSize());
        refcountOrder = powerOfTwo("refcountBits", options.refcountBits());
        three = switch (options.compat()) {
            case "1.1", "v3" -> true;
            case "0.10", "v2" -> false;
            default ->
                throw new ConfigurationException("compat: \"%s\": expected 1.1 or 0.10".formatted(options.compat()));
        };
        check();
    }

    private static int powerOfTwo(String name, long value) throws ConfigurationException {
        if (Long.bitCount(value) != 1) {
            throw new ConfigurationException("%s: %d: expected a power of two".formatted(name, value));
        }
        return Long.numberOfTrailingZeros(value);
    }

    private void check() throws ConfigurationException {
        boolean needsThree = refcountOrder != 4
                || options.lazyRefcounts()
                || options.extendedL2()
                || options.dataFile().isPresent()
                || options.compressionType() == QcowCreation.Compression.ZSTD;
        if (!three && needsThree) {
            throw new ConfigurationException(
                    "compat: 0.10 has 16-bit refcounts and none of lazyRefcounts, extendedL2, dataFile, zstd");
        }
        if (options.extendedL2() && clusterBits < Header.LEAST_EXTENDED_BITS) {
            throw new ConfigurationException("extendedL2: needs a clusterSize of at least 16KiB");
        }
        if (options.dataFileRaw()
                && (options.dataFile().isEmpty() || target.backing().isPresent())) {
            throw new ConfigurationException("dataFileRaw: needs a dataFile, and no backing file");
        }
        if (options.passphrase().isPresent()) {
            checkEncrypted();
        }
        if (l1Entries() > Header.MOST_L1_BYTES / 8) {
            throw new ConfigurationException("%d bytes are too many for clusters of %d: choose a larger clusterSize"
                    .formatted(target.capacityBytes(), options.clusterSize()));
        }
    }

    private void checkEncrypted() throws ConfigurationException {
        if (options.preallocation() == QcowCreation.Preallocation.METADATA) {
            throw new ConfigurationException(
                    "preallocation: places without bytes would read as anything in an encrypted image: choose off or full");
        }
        if (options.dataFileRaw()) {
            throw new ConfigurationException("dataFileRaw: a file of encrypted bytes is no raw image");
        }
    }

    private long l1Entries() {
        int coveredBits = 2 * clusterBits - (options.extendedL2() ? 4 : 3);
        long capacity = target.capacityBytes();
        return (capacity >>> coveredBits) + ((capacity & (1L << coveredBits) - 1) == 0 ? 0 : 1);
    }

    private static long clusters(long bytes, int bits) {
        return (bytes + (1L << bits) - 1) >>> bits;
    }

    /** The refcount table has room for the whole disk and its tables, as far as that is allowed. */
    private long refcountTableClusters(long encryption) {
        long data = clusters(target.capacityBytes(), clusterBits);
        long all = data + data / (1L << clusterBits - 4) + l1Entries() + encryption + 1024;
        long blocks = (all >>> clusterBits + 3 - refcountOrder) + 1;
        long most = Header.MOST_REFCOUNT_TABLE_BYTES >>> clusterBits;
        return Math.clamp(clusters(8 * blocks, clusterBits), 1L, Math.max(1L, most));
    }

    void make() throws ConfigurationException, StorageException {
        if (options.passphrase().isEmpty()) {
            make(null);
            return;
        }
        LuksChoice choice = new LuksChoice(options.cipherAlg(), options.hashAlg(), options.iterTime());
        try (Luks.Made luks = Luks.make(choice, options.passphrase().get())) {
            make(luks);
        }
    }

    private void make(Luks.@Nullable Made luks) throws ConfigurationException, StorageException {
        ResizableStorage file = target.image();
        int clusterBytes = 1 << clusterBits;
        long encryption = luks == null ? 0 : clusters(luks.header().length, clusterBits);
        long table = refcountTableClusters(encryption);
        long l1 = Math.max(1, clusters(8 * l1Entries(), clusterBits));
        int perBlock = 1 << clusterBits + 3 - refcountOrder;
        long blocks = 1;
        while (blocks * perBlock < 1 + table + blocks + l1 + encryption) {
            blocks++;
        }
        long used = 1 + table + blocks + l1 + encryption;
        Image image = new Image(file);
        zeroed(file, used << clusterBits);
        ByteBuffer top = ByteBuffer.allocate((int) table << clusterBits);
        RefcountWidth width = new RefcountWidth(refcountOrder);
        for (long block = 0; block < blocks; block++) {
            ByteBuffer counts = ByteBuffer.allocate(clusterBytes);
            for (int i = 0; i < perBlock && block * perBlock + i < used; i++) {
                width.set(counts, i, 1);
            }
            long place = 1 + table + block << clusterBits;
            top.putLong((int) block * 8, place);
            image.write(place, counts.array());
        }
        image.write(clusterBytes, top.array());
        List<Extension> extensions = new ArrayList<>();
        if (luks != null) {
            long place = used - encryption << clusterBits;
            image.write(place, luks.header());
            extensions.add(Encryption.pointer(place, luks.header().length));
        }
        image.flush();
        image.write(0, header(1 + table + blocks << clusterBits, (int) table, extensions));
        image.flush();
        ResizableStorage own = dataFile().orElse(null);
        if (options.preallocation() != QcowCreation.Preallocation.OFF) {
            preallocate(image, luks == null ? DataFile.plain(image, own) : DataFile.encrypted(image, own, luks.key()));
        }
    }

    /** A device's old bytes would be taken for tables. */
    private static void zeroed(ResizableStorage file, long bytes) throws StorageException {
        long there = file.capacityBytes();
        if (there > 0) {
            file.zero(0, Math.min(there, bytes), true);
        }
        if (there < bytes) {
            file.resize(bytes);
        }
    }

    private byte[] header(long l1Offset, int tableClusters, List<Extension> extensions) throws StorageException {
        ByteBuffer out = ByteBuffer.allocate(three ? Header.BYTES : Header.V2_BYTES);
        out.putInt(0, Header.MAGIC).putInt(4, three ? 3 : 2).putInt(20, clusterBits);
        out.putLong(Header.CAPACITY_AT, target.capacityBytes());
        out.putInt(Header.CRYPT_METHOD_AT, options.passphrase().isPresent() ? Header.LUKS : 0);
        out.putInt(Header.L1_ENTRIES_AT, (int) l1Entries()).putLong(40, l1Offset);
        out.putLong(Header.REFCOUNT_TABLE_AT, 1L << clusterBits).putInt(56, tableClusters);
        if (three) {
            boolean zstd = options.compressionType() == QcowCreation.Compression.ZSTD;
            out.putLong(
                    Header.INCOMPATIBLE_AT,
                    (zstd ? Header.COMPRESSION_TYPE : 0)
                            | (options.extendedL2() ? Header.EXTENDED_L2 : 0)
                            | (options.dataFile().isPresent() ? Header.DATA_FILE : 0));
            out.putLong(Header.COMPATIBLE_AT, options.lazyRefcounts() ? Header.LAZY_REFCOUNTS : 0);
            out.putLong(Header.AUTOCLEAR_AT, options.dataFileRaw() ? Header.DATA_FILE_RAW : 0);
            out.putInt(96, refcountOrder).putInt(100, Header.BYTES);
            out.put(104, (byte) (zstd ? 1 : 0));
        }
        options.dataFile().ifPresent(name -> extensions.add(Extension.of(Extension.DATA_FILE, name)));
        target.backing().ifPresent(base -> extensions.add(Extension.of(Extension.BACKING_FORMAT, base.format())));
        return HeaderText.cluster(out.array(), extensions, target.backing().map(BackingImage::name), 1 << clusterBits);
    }

    private Optional<ResizableStorage> dataFile() throws ConfigurationException, StorageException {
        if (options.dataFile().isEmpty()) {
            return Optional.empty();
        }
        ResizableStorage data = target.sibling(options.dataFile().get());
        data.resize(target.capacityBytes());
        data.flush();
        return Optional.of(data);
    }

    /** Every cluster gets a place, which reads as zeros. */
    private void preallocate(Image image, DataFile data) throws StorageException {
        QcowLayer layer = new QcowLayer(
                image,
                Header.read(image),
                target.backing().map(BackingImage::disk).orElse(null),
                data);
        try {
            byte[] zeros = new byte[PIECE_BYTES];
            long capacity = target.capacityBytes();
            for (long at = 0; at < capacity; at += PIECE_BYTES) {
                long length = Math.min(PIECE_BYTES, capacity - at);
                if (options.preallocation() == QcowCreation.Preallocation.FULL) {
                    layer.write(at, MemorySegment.ofArray(zeros).asSlice(0, length));
                } else {
                    layer.allocate(at, length);
                }
            }
            layer.flush();
            layer.quiesce(Deadline.in(java.time.Duration.ofSeconds(1)));
        } finally {
            layer.close();
        }
    }
}
