package dev.backplane.nbd.wire;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What a client asks for before it uses an export ("Option haggling").
 *
 * @param code OPT_
 * @param data what belongs to it, ready to be read
 */
public record Option(int code, ByteBuffer data) {
    /** Its length without its data. */
    private static final int HEAD_BYTES = 16;

    /** No option needs more: an export's name and a few hundred queries. */
    public static final int MAX_DATA_BYTES = 64 << 10;

    /**
     * Sends it.
     *
     * @param transport to the server
     * @throws IOException when the connection is gone
     */
    public void send(Transport transport) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES)
                .putLong(Nbd.OPTION_MAGIC)
                .putInt(code)
                .putInt(data.remaining())
                .flip();
        transport.write(head, data.duplicate());
    }

    /**
     * Receives one.
     *
     * @param inbox from the client
     * @return what it asks for
     * @throws IOException when the connection is gone, or this is no option
     */
    public static Option receive(Inbox inbox) throws IOException {
        ByteBuffer head = inbox.take(HEAD_BYTES);
        long magic = head.getLong();
        if (magic != Nbd.OPTION_MAGIC) {
            throw new NbdException("an option begins with 0x%x: expected 0x%x".formatted(magic, Nbd.OPTION_MAGIC));
        }
        int code = head.getInt();
        long length = Integer.toUnsignedLong(head.getInt());
        if (length > MAX_DATA_BYTES) {
            throw new NbdException(
                    "option %d has %d bytes: expected at most %d".formatted(code, length, MAX_DATA_BYTES));
        }
        ByteBuffer data = ByteBuffer.allocate((int) length);
        inbox.fill(data);
        return new Option(code, data.flip());
    }
}
