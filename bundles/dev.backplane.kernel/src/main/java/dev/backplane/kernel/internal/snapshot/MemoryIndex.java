package dev.backplane.kernel.internal.snapshot;

import dev.backplane.api.state.StateException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Where each chunk of a machine's memory is in the snapshot's file, and its checksum. As a file: 16 bytes a chunk, little-endian: its
 * position, its length there, the CRC-32C of the chunk itself.
 */
final class MemoryIndex {
    /** A chunk: the unit of checksums, of compression and of what an incremental snapshot keeps. */
    static final int CHUNK_BYTES = 64 * 1024;

    /** The length of a chunk that is zeros. */
    static final int ZEROS = 0;

    /** The length of a chunk that the base has. */
    static final int IN_BASE = -1;

    private static final int ENTRY_BYTES = 16;

    private final long[] positions;
    private final int[] lengths;
    private final int[] checksums;

    MemoryIndex(long memoryBytes) {
        int chunks = chunks(memoryBytes);
        positions = new long[chunks];
        lengths = new int[chunks];
        checksums = new int[chunks];
    }

    static int chunks(long memoryBytes) {
        return Math.toIntExact(Math.ceilDiv(memoryBytes, CHUNK_BYTES));
    }

    int chunks() {
        return positions.length;
    }

    long position(int chunk) {
        return positions[chunk];
    }

    int length(int chunk) {
        return lengths[chunk];
    }

    /** Of the chunk's bytes in memory, whatever they are in the file. */
    int checksum(int chunk) {
        return checksums[chunk];
    }

    void put(int chunk, long position, int length, int checksum) {
        positions[chunk] = position;
        lengths[chunk] = length;
        checksums[chunk] = checksum;
    }

    byte[] bytes() {
        ByteBuffer bytes = ByteBuffer.allocate(positions.length * ENTRY_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int chunk = 0; chunk < positions.length; chunk++) {
            bytes.putLong(positions[chunk]).putInt(lengths[chunk]).putInt(checksums[chunk]);
        }
        return bytes.array();
    }

    /**
     * Reads an index.
     *
     * @param memoryBytes of the machine
     * @param fileBytes of the file that it is about
     * @param compressed whether chunks are shorter there
     * @param based whether there is a base
     * @throws StateException when it cannot be the index of such a file
     */
    static MemoryIndex read(byte[] file, long memoryBytes, long fileBytes, boolean compressed, boolean based)
            throws StateException {
        MemoryIndex index = new MemoryIndex(memoryBytes);
        if (file.length != (long) index.chunks() * ENTRY_BYTES) {
            throw new StateException("%,d bytes: expected %,d for %,d bytes of memory"
                    .formatted(file.length, (long) index.chunks() * ENTRY_BYTES, memoryBytes));
        }
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        for (int chunk = 0; chunk < index.chunks(); chunk++) {
            long position = bytes.getLong();
            int length = bytes.getInt();
            index.put(chunk, position, length, bytes.getInt());
            int whole = wholeBytes(chunk, memoryBytes);
            boolean fits = switch (length) {
                case IN_BASE -> based;
                case ZEROS -> true;
                default ->
                    length > 0
                            && (compressed ? length <= 2 * CHUNK_BYTES : length == whole)
                            && position >= 0
                            && position <= fileBytes - length;
            };
            if (!fits) {
                throw new StateException(
                        "chunk %d: %d bytes at %d of a file of %,d".formatted(chunk, length, position, fileBytes));
            }
        }
        return index;
    }

    /** How many bytes of memory a chunk is about; the last one may be shorter. */
    static int wholeBytes(int chunk, long memoryBytes) {
        return (int) Math.min(CHUNK_BYTES, memoryBytes - (long) chunk * CHUNK_BYTES);
    }
}
