package dev.backplane.storage.vhdx.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.ImageBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The header (2.2.2) of which there are two: the one with the higher sequence number counts, and a new one is written over the other.
 *
 * @param slot 0 or 1
 * @param sequence its number
 * @param fileWrite changes with each session that writes anything
 * @param dataWrite changes with each session that writes what the disk reads as
 * @param log the log's entries carry it; {@link Guid#NONE}: the log is empty
 * @param logBytes how long the log is
 * @param logOffset where it is
 */
record Header(int slot, long sequence, Guid fileWrite, Guid dataWrite, Guid log, long logBytes, long logOffset) {
    static final int MIB = 1 << 20;
    static final int FIRST_AT = 64 << 10;

    private static final long FILE_TYPE = ByteBuffer.wrap("vhdxfile".getBytes(StandardCharsets.US_ASCII))
            .order(ByteOrder.LITTLE_ENDIAN)
            .getLong();
    private static final int SIGNATURE = 0x6461_6568;
    private static final int BYTES = 4096;
    private static final int SEQUENCE_AT = 8;
    private static final int FILE_WRITE_AT = 16;
    private static final int DATA_WRITE_AT = 32;
    private static final int LOG_AT = 48;
    private static final int LOG_VERSION_AT = 64;
    private static final int VERSION_AT = 66;
    private static final int LOG_BYTES_AT = 68;
    private static final int LOG_OFFSET_AT = 72;

    /** A log of which all has to be read at once. */
    private static final int MOST_LOG_BYTES = 32 << 20;

    static boolean isMark(ByteBuffer first) {
        return first.order(ByteOrder.LITTLE_ENDIAN).getLong(0) == FILE_TYPE;
    }

    static ByteBuffer mark() {
        ByteBuffer mark =
                ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, FILE_TYPE);
        return mark.put(8, "Backplane".getBytes(StandardCharsets.UTF_16LE));
    }

    static Header read(ImageBytes image) throws StorageException {
        if (!isMark(image.read(0, 8, ByteOrder.LITTLE_ENDIAN))) {
            throw new StorageException(
                    Kind.INVALID_FORMAT,
                    "it does not begin with \"vhdxfile\": not a VHDX image: declare its real format");
        }
        ByteBuffer first = image.read(FIRST_AT, BYTES, ByteOrder.LITTLE_ENDIAN);
        ByteBuffer second = image.read(2 * FIRST_AT, BYTES, ByteOrder.LITTLE_ENDIAN);
        boolean isFirst = Sealed.isWhole(first, SIGNATURE);
        boolean isSecond = Sealed.isWhole(second, SIGNATURE);
        if (!isFirst && !isSecond) {
            throw ImageBytes.corrupt("neither header is whole");
        }
        boolean takesSecond = !isFirst
                || isSecond && Long.compareUnsigned(second.getLong(SEQUENCE_AT), first.getLong(SEQUENCE_AT)) > 0;
        ByteBuffer at = takesSecond ? second : first;
        if (at.getShort(VERSION_AT) != 1 || at.getShort(LOG_VERSION_AT) != 0) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "version %d, log version %d: expected 1 and 0"
                            .formatted(at.getShort(VERSION_AT), at.getShort(LOG_VERSION_AT)));
        }
        Header header = new Header(
                takesSecond ? 1 : 0,
                at.getLong(SEQUENCE_AT),
                Guid.get(at, FILE_WRITE_AT),
                Guid.get(at, DATA_WRITE_AT),
                Guid.get(at, LOG_AT),
                at.getInt(LOG_BYTES_AT) & 0xffff_ffffL,
                at.getLong(LOG_OFFSET_AT));
        header.check(image);
        return header;
    }

    private void check(ImageBytes image) throws StorageException {
        if (logBytes % MIB != 0
                || logBytes == 0
                || logOffset % MIB != 0
                || logOffset < MIB
                || logOffset > image.bytes() - logBytes) {
            throw ImageBytes.corrupt("a log of %d bytes at 0x%x".formatted(logBytes, logOffset));
        }
        if (logBytes > MOST_LOG_BYTES) {
            throw new StorageException(
                    Kind.UNSUPPORTED, "a log of %d bytes: expected at most %d".formatted(logBytes, MOST_LOG_BYTES));
        }
    }

    /** The next one, with another log. */
    Header withLog(Guid next) {
        return new Header(1 - slot, sequence + 1, fileWrite, dataWrite, next, logBytes, logOffset);
    }

    /** The next one, of a session that writes. */
    Header written() {
        return new Header(1 - slot, sequence + 1, Guid.random(), Guid.random(), Guid.NONE, logBytes, logOffset);
    }

    /** Writes it; it counts from the next flush on. */
    void write(ImageBytes image) throws StorageException {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(0, SIGNATURE);
        bytes.putLong(SEQUENCE_AT, sequence);
        fileWrite.put(bytes, FILE_WRITE_AT);
        dataWrite.put(bytes, DATA_WRITE_AT);
        log.put(bytes, LOG_AT);
        bytes.putShort(VERSION_AT, (short) 1);
        bytes.putInt(LOG_BYTES_AT, (int) logBytes);
        bytes.putLong(LOG_OFFSET_AT, logOffset);
        image.write(FIRST_AT * (1L + slot), Sealed.seal(bytes));
    }
}
