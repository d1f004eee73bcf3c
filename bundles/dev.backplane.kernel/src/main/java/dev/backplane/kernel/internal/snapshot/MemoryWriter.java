package dev.backplane.kernel.internal.snapshot;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** Writes memory that does not change any more into a file: chunk by chunk, without zeros and without what the base has. */
final class MemoryWriter {
    private static final int LEVEL = 1;

    private final MemorySegment memory;
    private final FileChannel file;
    private final boolean compress;
    private final MemoryIndex index;
    private final ByteBuffer packed = ByteBuffer.allocateDirect((int) Zstd.compressBound(MemoryIndex.CHUNK_BYTES));
    private long end;
    private long heldBytes;

    MemoryWriter(MemorySegment memory, FileChannel file, boolean compress) {
        this.memory = memory;
        this.file = file;
        this.compress = compress;
        index = new MemoryIndex(memory.byteSize());
    }

    /**
     * Writes it.
     *
     * @param data the chunks in which there may be anything but zeros: the others are not touched, which would make them take memory
     * @param base what is left out where it is the same, if anything
     * @param changed the chunks that can be otherwise than in the base
     */
    MemoryIndex write(BitSet data, @Nullable MemoryReader base, BitSet changed) throws IOException {
        byte[] old = new byte[MemoryIndex.CHUNK_BYTES];
        MemorySegment zeros = MemorySegment.ofArray(new byte[MemoryIndex.CHUNK_BYTES]);
        for (int chunk = 0; chunk < index.chunks(); chunk++) {
            int whole = MemoryIndex.wholeBytes(chunk, memory.byteSize());
            MemorySegment bytes = data.get(chunk)
                    ? memory.asSlice((long) chunk * MemoryIndex.CHUNK_BYTES, whole)
                    : zeros.asSlice(0, whole);
            int checksum = Checksums.of(bytes);
            if (base != null && (!changed.get(chunk) || base.holds(chunk, bytes, checksum, old))) {
                index.put(chunk, 0, MemoryIndex.IN_BASE, base.checksum(chunk));
            } else if (!data.get(chunk) || isZero(bytes)) {
                index.put(chunk, 0, MemoryIndex.ZEROS, checksum);
            } else {
                put(chunk, bytes, checksum);
                heldBytes += whole;
            }
        }
        if (!compress) {
            lengthen();
        }
        return index;
    }

    /** So that each chunk is where it was in memory, with holes between. */
    private void lengthen() throws IOException {
        if (file.size() < memory.byteSize()) {
            file.write(ByteBuffer.allocate(1), memory.byteSize() - 1);
        }
        end = memory.byteSize();
    }

    private void put(int chunk, MemorySegment bytes, int checksum) throws IOException {
        if (!compress) {
            long position = (long) chunk * MemoryIndex.CHUNK_BYTES;
            writeAll(bytes.asByteBuffer(), position);
            index.put(chunk, position, (int) bytes.byteSize(), checksum);
            return;
        }
        packed.clear();
        ByteBuffer plain = bytes.asByteBuffer();
        int length = Zstd.compress(packed, plain, LEVEL);
        packed.flip();
        writeAll(packed, end);
        index.put(chunk, end, length, checksum);
        end += length;
    }

    private void writeAll(ByteBuffer bytes, long position) throws IOException {
        long at = position;
        while (bytes.hasRemaining()) {
            at += file.write(bytes, at);
        }
    }

    private static boolean isZero(MemorySegment bytes) {
        long size = bytes.byteSize();
        for (long at = 0; at < size; at += 4 * Long.BYTES) {
            if ((bytes.get(ValueLayout.JAVA_LONG, at)
                            | bytes.get(ValueLayout.JAVA_LONG, at + 8)
                            | bytes.get(ValueLayout.JAVA_LONG, at + 16)
                            | bytes.get(ValueLayout.JAVA_LONG, at + 24))
                    != 0) {
                return false;
            }
        }
        return true;
    }

    /** How long the file is. */
    long fileBytes() {
        return end;
    }

    /** How much memory it holds. */
    long heldBytes() {
        return heldBytes;
    }
}
