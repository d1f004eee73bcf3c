package dev.backplane.storage.vhdx.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;

/**
 * An identifier, as its 16 bytes stand in the image.
 *
 * @param low the first 8, little-endian
 * @param high the others
 */
record Guid(long low, long high) {
    static final Guid NONE = new Guid(0, 0);
    static final int BYTES = 16;

    /** As text: the first three groups are numbers, whose bytes stand the other way round. */
    static Guid of(String text) {
        UUID id = UUID.fromString(text);
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt((int) (id.getMostSignificantBits() >>> 32));
        bytes.putShort((short) (id.getMostSignificantBits() >>> 16));
        bytes.putShort((short) id.getMostSignificantBits());
        bytes.order(ByteOrder.BIG_ENDIAN).putLong(id.getLeastSignificantBits());
        return get(bytes.order(ByteOrder.LITTLE_ENDIAN), 0);
    }

    static Guid random() {
        UUID id = UUID.randomUUID();
        return new Guid(id.getMostSignificantBits(), id.getLeastSignificantBits());
    }

    static Guid get(ByteBuffer bytes, int at) {
        return new Guid(bytes.getLong(at), bytes.getLong(at + 8));
    }

    void put(ByteBuffer bytes, int at) {
        bytes.putLong(at, low);
        bytes.putLong(at + 8, high);
    }
}
