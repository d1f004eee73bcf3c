package dev.backplane.machine.pc.internal.boot.payload;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/** LZ4's legacy frame: a signature, then blocks of at most 8 MiB unpacked, each behind its packed size. */
final class LegacyLz4InputStream extends InputStream {
    private static final int MAGIC = 0x184c_2102;
    private static final int BLOCK = 8 << 20;
    /** What a block of random bytes packs to (LZ4_compressBound). */
    private static final int LARGEST_PACKED = BLOCK + BLOCK / 255 + 16;

    private final InputStream packed;
    private final LZ4SafeDecompressor decompressor = LZ4Factory.safeInstance().safeDecompressor();
    private final byte[] block = new byte[BLOCK];
    private int position;
    private int limit;

    LegacyLz4InputStream(InputStream packed) throws IOException {
        this.packed = packed;
        int magic = readSize();
        if (magic != MAGIC) {
            throw new IOException("signature 0x%x is not LZ4's".formatted(magic));
        }
    }

    @Override
    public int read() throws IOException {
        return fill() ? block[position++] & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, limit - position);
        System.arraycopy(block, position, target, offset, count);
        position += count;
        return count;
    }

    private boolean fill() throws IOException {
        while (position == limit) {
            int size = readSize();
            if (size == -1) {
                return false;
            }
            if (size == MAGIC) {
                continue;
            }
            if (size < 0 || size > LARGEST_PACKED) {
                throw new IOException("a block of %d packed bytes: at most %d"
                        .formatted(Integer.toUnsignedLong(size), LARGEST_PACKED));
            }
            byte[] source = packed.readNBytes(size);
            if (source.length < size) {
                throw new EOFException("the last block has %d of %d bytes".formatted(source.length, size));
            }
            try {
                limit = decompressor.decompress(source, 0, size, block, 0);
            } catch (LZ4Exception e) {
                throw new IOException(e.getMessage(), e);
            }
            position = 0;
        }
        return true;
    }

    /** Four bytes, or -1 at the end, which is no size that is allowed. */
    private int readSize() throws IOException {
        byte[] bytes = packed.readNBytes(4);
        if (bytes.length == 0) {
            return -1;
        }
        if (bytes.length < 4) {
            throw new EOFException("%d bytes behind the last block".formatted(bytes.length));
        }
        return bytes[0] & 0xff | (bytes[1] & 0xff) << 8 | (bytes[2] & 0xff) << 16 | bytes[3] << 24;
    }
}
