package dev.backplane.nbd.wire;

import java.nio.ByteBuffer;

/** The head of a request ("Request message"). Used again and again by one thread: nothing is allocated for a request. */
public final class Request {
    /** Its length. */
    public static final int BYTES = 28;

    private int flags;
    private int type;
    private long cookie;
    private long offset;
    private long length;

    /** One that is to be set, or read. */
    public Request() {}

    /**
     * Says what is asked for.
     *
     * @param type CMD_
     * @param flags CMD_FLAG_
     * @param cookie comes back with the reply
     * @param offset the first byte
     * @param length how many, below 4 GiB
     * @return this
     */
    public Request set(int type, int flags, long cookie, long offset, long length) {
        this.type = type;
        this.flags = flags;
        this.cookie = cookie;
        this.offset = offset;
        this.length = length;
        return this;
    }

    /**
     * Writes it.
     *
     * @param target has room
     */
    public void put(ByteBuffer target) {
        target.putInt(Nbd.REQUEST_MAGIC)
                .putShort((short) flags)
                .putShort((short) type)
                .putLong(cookie)
                .putLong(offset)
                .putInt((int) length);
    }

    /**
     * Reads one.
     *
     * @param source has {@link #BYTES}
     * @throws NbdException where it is none
     */
    public void get(ByteBuffer source) throws NbdException {
        int magic = source.getInt();
        if (magic != Nbd.REQUEST_MAGIC) {
            throw new NbdException("a request begins with 0x%x: expected 0x%x".formatted(magic, Nbd.REQUEST_MAGIC));
        }
        flags = Short.toUnsignedInt(source.getShort());
        type = Short.toUnsignedInt(source.getShort());
        cookie = source.getLong();
        offset = source.getLong();
        length = Integer.toUnsignedLong(source.getInt());
    }

    /**
     * What is asked for.
     *
     * @return CMD_
     */
    public int type() {
        return type;
    }

    /**
     * How.
     *
     * @return CMD_FLAG_
     */
    public int flags() {
        return flags;
    }

    /**
     * Whether a flag is set.
     *
     * @param flag CMD_FLAG_
     * @return whether it is
     */
    public boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /**
     * What comes back with the reply.
     *
     * @return any number
     */
    public long cookie() {
        return cookie;
    }

    /**
     * The first byte; negative where the far end has sent a number that is too large.
     *
     * @return as it came
     */
    public long offset() {
        return offset;
    }

    /**
     * How many bytes.
     *
     * @return from 0, below 4 GiB
     */
    public long length() {
        return length;
    }
}
