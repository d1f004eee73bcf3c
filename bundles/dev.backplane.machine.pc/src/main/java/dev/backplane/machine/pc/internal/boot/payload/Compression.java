package dev.backplane.machine.pc.internal.boot.payload;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.tukaani.xz.LZMAInputStream;
import org.tukaani.xz.SingleXZInputStream;

/** The ways in which Linux packs its payload that the host can undo, by their signatures. */
enum Compression {
    /** RFC 1952. Its own trailer ends with the unpacked size. */
    GZIP(0x8b1f, 2) {
        @Override
        InputStream open(InputStream packed) throws IOException {
            return new GZIPInputStream(packed, BUFFER);
        }
    },
    /** The .xz format, with the x86 filter. */
    XZ(0x587a_37fd, 4) {
        @Override
        InputStream open(InputStream packed) throws IOException {
            return new SingleXZInputStream(packed, MEMORY_KIB);
        }
    },
    /** The .lzma format. */
    LZMA(0x00_005d, 3) {
        @Override
        InputStream open(InputStream packed) throws IOException {
            return new LZMAInputStream(packed, MEMORY_KIB);
        }
    },
    /** RFC 8878. */
    ZSTD(0xfd2f_b528, 4) {
        @Override
        InputStream open(InputStream packed) throws IOException {
            return new ZstdInputStreamNoFinalizer(packed);
        }
    },
    /** The legacy frame format of the lz4 tool. */
    LZ4(0x184c_2102, 4) {
        @Override
        InputStream open(InputStream packed) throws IOException {
            return new LegacyLz4InputStream(packed);
        }
    };

    private static final int BUFFER = 1 << 16;
    /** What a dictionary may take: kernels are packed with 32 MiB and less. */
    private static final int MEMORY_KIB = 256 << 10;

    private final int magic;
    private final int magicBytes;

    Compression(int magic, int magicBytes) {
        this.magic = magic;
        this.magicBytes = magicBytes;
    }

    /**
     * The compression that begins with these bytes.
     *
     * @param start the first four bytes, little-endian
     */
    static Optional<Compression> of(int start) {
        for (Compression compression : values()) {
            int mask = compression.magicBytes == 4 ? -1 : (1 << 8 * compression.magicBytes) - 1;
            if ((start & mask) == compression.magic) {
                return Optional.of(compression);
            }
        }
        return Optional.empty();
    }

    /** Whether the kernel's build adds the unpacked size behind the packed data. */
    boolean sizeFollows() {
        return this != GZIP;
    }

    abstract InputStream open(InputStream packed) throws IOException;
}
