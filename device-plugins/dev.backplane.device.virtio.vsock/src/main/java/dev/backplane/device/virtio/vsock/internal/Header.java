package dev.backplane.device.virtio.vsock.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The header of a packet (5.10.6).
 *
 * @param fromCid the sender's address
 * @param toCid the receiver's
 * @param fromPort the sender's port
 * @param toPort the receiver's
 * @param length how many bytes follow
 * @param type 1 for streams
 * @param operation what the packet is
 * @param flags of a shutdown
 * @param room how many bytes the sender's buffer holds (buf_alloc)
 * @param forwarded how many bytes have left it so far (fwd_cnt)
 */
record Header(
        long fromCid,
        long toCid,
        int fromPort,
        int toPort,
        int length,
        int type,
        int operation,
        int flags,
        int room,
        int forwarded) {
    static final int BYTES = 44;

    static Header of(byte[] bytes) {
        ByteBuffer from = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        return new Header(
                from.getLong(),
                from.getLong(),
                from.getInt(),
                from.getInt(),
                from.getInt(),
                from.getShort() & 0xffff,
                from.getShort() & 0xffff,
                from.getInt(),
                from.getInt(),
                from.getInt());
    }

    byte[] toBytes() {
        return ByteBuffer.allocate(BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(fromCid)
                .putLong(toCid)
                .putInt(fromPort)
                .putInt(toPort)
                .putInt(length)
                .putShort((short) type)
                .putShort((short) operation)
                .putInt(flags)
                .putInt(room)
                .putInt(forwarded)
                .array();
    }

    /** The refusal of this packet. */
    Header refusal() {
        return new Header(toCid, fromCid, toPort, fromPort, 0, type, VsockLayout.RST, 0, 0, 0);
    }
}
