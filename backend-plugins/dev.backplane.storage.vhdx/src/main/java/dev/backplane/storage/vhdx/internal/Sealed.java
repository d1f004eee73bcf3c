package dev.backplane.storage.vhdx.internal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Structures that carry the CRC-32C of themselves at offset 4, reckoned with zeros there. */
final class Sealed {
    static final int CHECKSUM_AT = 4;

    private Sealed() {}

    private static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.array(), 0, CHECKSUM_AT);
        crc.update(new byte[4]);
        crc.update(bytes.array(), CHECKSUM_AT + 4, bytes.capacity() - CHECKSUM_AT - 4);
        return (int) crc.getValue();
    }

    static boolean isWhole(ByteBuffer bytes, int signature) {
        return bytes.getInt(0) == signature && bytes.getInt(CHECKSUM_AT) == checksum(bytes);
    }

    static ByteBuffer seal(ByteBuffer bytes) {
        return bytes.putInt(CHECKSUM_AT, checksum(bytes));
    }
}
