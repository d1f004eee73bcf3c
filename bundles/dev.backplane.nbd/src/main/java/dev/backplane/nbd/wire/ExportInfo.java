package dev.backplane.nbd.wire;

import java.nio.ByteBuffer;

/**
 * What a server tells about an export.
 *
 * @param bytes its length
 * @param flags transmission flags, FLAG_
 * @param minimumBlock every offset and length has to be a multiple of it; a power of two
 * @param preferredBlock what is fast; a power of two
 * @param maximumPayload no request has more data
 */
public record ExportInfo(long bytes, int flags, long minimumBlock, long preferredBlock, long maximumPayload) {
    /** What holds where a server says nothing about blocks ("Block size constraints"). */
    private static final long DEFAULT_PREFERRED = 4096;

    /** An export about which nothing is known yet. */
    public static final ExportInfo UNKNOWN = new ExportInfo(-1, 0, 1, DEFAULT_PREFERRED, Nbd.MAX_PAYLOAD_BYTES);

    /**
     * Whether a flag is set.
     *
     * @param flag FLAG_
     * @return whether it is
     */
    public boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /**
     * The data of an INFO_EXPORT.
     *
     * @return ready to be sent
     */
    public ByteBuffer export() {
        return ByteBuffer.allocate(12)
                .putShort((short) Nbd.INFO_EXPORT)
                .putLong(bytes)
                .putShort((short) flags)
                .flip();
    }

    /**
     * The data of an INFO_BLOCK_SIZE.
     *
     * @return ready to be sent
     */
    public ByteBuffer blockSize() {
        return ByteBuffer.allocate(14)
                .putShort((short) Nbd.INFO_BLOCK_SIZE)
                .putInt((int) minimumBlock)
                .putInt((int) preferredBlock)
                .putInt((int) maximumPayload)
                .flip();
    }

    /**
     * Takes in what a REP_INFO tells.
     *
     * @param data of the reply
     * @return this, and what is new; what nobody knows is passed over
     * @throws NbdException where it contradicts itself
     */
    public ExportInfo with(ByteBuffer data) throws NbdException {
        if (data.remaining() < 2) {
            throw new NbdException("an information of %d bytes: expected at least 2".formatted(data.remaining()));
        }
        int type = Short.toUnsignedInt(data.getShort());
        int expected = switch (type) {
            case Nbd.INFO_EXPORT -> 10;
            case Nbd.INFO_BLOCK_SIZE -> 12;
            default -> data.remaining();
        };
        if (data.remaining() != expected) {
            throw new NbdException(
                    "information %d of %d bytes: expected %d".formatted(type, data.remaining(), expected));
        }
        return switch (type) {
            case Nbd.INFO_EXPORT -> withExport(data.getLong(), Short.toUnsignedInt(data.getShort()));
            case Nbd.INFO_BLOCK_SIZE ->
                withBlocks(
                        Integer.toUnsignedLong(data.getInt()),
                        Integer.toUnsignedLong(data.getInt()),
                        Integer.toUnsignedLong(data.getInt()));
            default -> this;
        };
    }

    /**
     * Takes in what INFO_EXPORT, or the answer to EXPORT_NAME, tells.
     *
     * @param length the export's
     * @param transmissionFlags FLAG_
     * @return this, and what is new
     * @throws NbdException where it cannot be
     */
    public ExportInfo withExport(long length, int transmissionFlags) throws NbdException {
        if (length < 0) {
            throw new NbdException(
                    "an export of %s bytes: expected less than 8 EiB".formatted(Long.toUnsignedString(length)));
        }
        return new ExportInfo(length, transmissionFlags, minimumBlock, preferredBlock, maximumPayload);
    }

    private ExportInfo withBlocks(long minimum, long preferred, long maximum) throws NbdException {
        boolean possible = Long.bitCount(minimum) == 1
                && minimum <= 1 << 16
                && Long.bitCount(preferred) == 1
                && preferred >= minimum
                && maximum >= preferred;
        if (!possible) {
            throw new NbdException("blocks of at least %d, preferably %d and at most %d bytes contradict each other"
                    .formatted(minimum, preferred, maximum));
        }
        return new ExportInfo(bytes, flags, minimum, preferred, Math.min(maximum, Nbd.MAX_PAYLOAD_BYTES));
    }
}
