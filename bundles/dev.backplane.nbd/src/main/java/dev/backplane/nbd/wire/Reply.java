package dev.backplane.nbd.wire;

import java.nio.ByteBuffer;

/**
 * The head of a simple reply or of a chunk of a structured one ("Simple reply message", "Structured reply chunk message"). Used again and
 * again by one thread: nothing is allocated for a reply.
 */
public final class Reply {
    /** The length of a simple reply's. */
    public static final int SIMPLE_BYTES = 16;

    /** The length of a chunk's. */
    public static final int CHUNK_BYTES = 20;

    private boolean structured;
    private int error;
    private int flags;
    private int type;
    private long cookie;
    private long length;

    /** One that is to be set, or read. */
    public Reply() {}

    /**
     * Makes it a simple reply. The data of a read that went well follows it.
     *
     * @param cookie the request's
     * @param error 0, or an error number
     * @return this
     */
    public Reply simple(long cookie, int error) {
        structured = false;
        this.cookie = cookie;
        this.error = error;
        return this;
    }

    /**
     * Makes it a chunk.
     *
     * @param cookie the request's
     * @param type REPLY_TYPE_
     * @param flags REPLY_FLAG_
     * @param length what follows
     * @return this
     */
    public Reply chunk(long cookie, int type, int flags, long length) {
        structured = true;
        this.cookie = cookie;
        this.type = type;
        this.flags = flags;
        this.length = length;
        error = 0;
        return this;
    }

    /**
     * Writes it.
     *
     * @param target has room
     */
    public void put(ByteBuffer target) {
        if (structured) {
            target.putInt(Nbd.STRUCTURED_REPLY_MAGIC)
                    .putShort((short) flags)
                    .putShort((short) type)
                    .putLong(cookie)
                    .putInt((int) length);
        } else {
            target.putInt(Nbd.SIMPLE_REPLY_MAGIC).putInt(error).putLong(cookie);
        }
    }

    /**
     * How long the reply at a buffer's position is.
     *
     * @param source has {@link #SIMPLE_BYTES}; is not changed
     * @return its length
     * @throws NbdException where it is none
     */
    public static int bytes(ByteBuffer source) throws NbdException {
        int magic = source.getInt(source.position());
        return switch (magic) {
            case Nbd.SIMPLE_REPLY_MAGIC -> SIMPLE_BYTES;
            case Nbd.STRUCTURED_REPLY_MAGIC -> CHUNK_BYTES;
            default ->
                throw new NbdException("a reply begins with 0x%x: expected 0x%x or 0x%x"
                        .formatted(magic, Nbd.SIMPLE_REPLY_MAGIC, Nbd.STRUCTURED_REPLY_MAGIC));
        };
    }

    /**
     * Reads one.
     *
     * @param source has as many bytes as {@link #bytes} says
     * @throws NbdException where it is none
     */
    public void get(ByteBuffer source) throws NbdException {
        structured = bytes(source) == CHUNK_BYTES;
        source.getInt();
        if (structured) {
            flags = Short.toUnsignedInt(source.getShort());
            type = Short.toUnsignedInt(source.getShort());
            cookie = source.getLong();
            length = Integer.toUnsignedLong(source.getInt());
            error = 0;
        } else {
            error = source.getInt();
            cookie = source.getLong();
        }
    }

    /**
     * Whether it is a chunk.
     *
     * @return false for a simple reply
     */
    public boolean isStructured() {
        return structured;
    }

    /**
     * A simple reply's error.
     *
     * @return 0 for none
     */
    public int error() {
        return error;
    }

    /**
     * Whether no other chunk follows.
     *
     * @return as the chunk says
     */
    public boolean isDone() {
        return (flags & Nbd.REPLY_FLAG_DONE) != 0;
    }

    /**
     * A chunk's type.
     *
     * @return REPLY_TYPE_
     */
    public int type() {
        return type;
    }

    /**
     * Whose reply it is.
     *
     * @return the request's
     */
    public long cookie() {
        return cookie;
    }

    /**
     * How long what follows a chunk's head is.
     *
     * @return bytes
     */
    public long length() {
        return length;
    }
}
