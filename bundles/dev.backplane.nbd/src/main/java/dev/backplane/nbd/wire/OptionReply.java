package dev.backplane.nbd.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What a server says to an option; there may be several, of which the last one is REP_ACK or a refusal.
 *
 * @param option OPT_
 * @param type REP_
 * @param data what belongs to it, ready to be read
 */
public record OptionReply(int option, int type, ByteBuffer data) {
    private static final int HEAD_BYTES = 20;

    /** No reply needs more: a name and a description. */
    public static final int MAX_DATA_BYTES = 64 << 10;

    /**
     * Sends it.
     *
     * @param transport to the client
     * @throws IOException when the connection is gone
     */
    public void send(Transport transport) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES)
                .putLong(Nbd.OPTION_REPLY_MAGIC)
                .putInt(option)
                .putInt(type)
                .putInt(data.remaining())
                .flip();
        transport.write(head, data.duplicate());
    }

    /**
     * Receives one.
     *
     * @param inbox from the server
     * @param option the one that was sent
     * @return what the server says to it
     * @throws IOException when the connection is gone, or this is no reply to it
     */
    public static OptionReply receive(Inbox inbox, int option) throws IOException {
        ByteBuffer head = inbox.take(HEAD_BYTES);
        long magic = head.getLong();
        int code = head.getInt();
        int type = head.getInt();
        long length = Integer.toUnsignedLong(head.getInt());
        if (magic != Nbd.OPTION_REPLY_MAGIC || code != option) {
            throw new NbdException("a reply to option %d begins with 0x%x and is to option %d: expected 0x%x"
                    .formatted(option, magic, code, Nbd.OPTION_REPLY_MAGIC));
        }
        if (length > MAX_DATA_BYTES) {
            throw new NbdException(
                    "a reply to option %d has %d bytes: expected at most %d".formatted(option, length, MAX_DATA_BYTES));
        }
        ByteBuffer data = ByteBuffer.allocate((int) length);
        inbox.fill(data);
        return new OptionReply(option, type, data.flip());
    }

    /**
     * Whether it refuses.
     *
     * @return for every REP_ERR_
     */
    public boolean isRefusal() {
        return (type & Nbd.REP_FLAG_ERROR) != 0;
    }

    /**
     * Why the server refuses, for people.
     *
     * @return its own words where it has any
     */
    public String reason() {
        byte[] words = new byte[Math.min(data.remaining(), Nbd.MAX_STRING_BYTES)];
        data.get(data.position(), words);
        String said = new String(words, StandardCharsets.UTF_8).strip();
        String meaning = switch (type) {
            case Nbd.REP_ERR_UNSUP -> "it does not know how";
            case Nbd.REP_ERR_POLICY -> "it is not allowed";
            case Nbd.REP_ERR_INVALID -> "it takes it for an error";
            case Nbd.REP_ERR_TLS_REQD -> "it wants TLS";
            case Nbd.REP_ERR_UNKNOWN -> "it has no such export";
            case Nbd.REP_ERR_SHUTDOWN -> "it is going away";
            case Nbd.REP_ERR_BLOCK_SIZE_REQD -> "it wants to be asked for block sizes";
            case Nbd.REP_ERR_TOO_BIG -> "that is too long for it";
            default -> "reply 0x%x".formatted(type);
        };
        return said.isEmpty() ? meaning : meaning + ": " + said;
    }
}
