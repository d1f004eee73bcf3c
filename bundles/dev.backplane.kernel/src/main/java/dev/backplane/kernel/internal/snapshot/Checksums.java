package dev.backplane.kernel.internal.snapshot;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** CRC-32C (Castagnoli), as RFC 3720 has it. */
final class Checksums {
    private Checksums() {}

    static int of(MemorySegment bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.asByteBuffer());
        return (int) crc.getValue();
    }

    static long of(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.wrap(bytes));
        return crc.getValue();
    }
}
