package dev.backplane.storage.vhdx.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SortedMap;

/**
 * An entry of the log (2.3.1), which is made here: a header, a descriptor for each page, and the pages, of which the first 8 and the last 4
 * bytes stand in the descriptor.
 */
final class LogEntry {
    static final int SECTOR = 4096;
    static final int SIGNATURE = 0x6567_6f6c;
    static final int BYTES_AT = 8;
    static final int TAIL_AT = 12;
    static final int SEQUENCE_AT = 16;
    static final int DESCRIPTORS_AT = 24;
    static final int LOG_AT = 32;
    static final int FLUSHED_AT = 48;
    static final int LAST_AT = 56;
    static final int HEADER_BYTES = 64;

    static final int DESCRIPTOR_BYTES = 32;
    static final int DATA_DESCRIPTOR = 0x6373_6564;
    static final int ZERO_DESCRIPTOR = 0x6f72_657a;
    static final int TRAILING_AT = 4;
    static final int LEADING_AT = 8;
    static final int PLACE_AT = 16;
    static final int DESCRIPTOR_SEQUENCE_AT = 24;

    static final int DATA_SECTOR = 0x6174_6164;
    static final int LEADING_BYTES = 8;
    static final int TRAILING_BYTES = 4;

    private LogEntry() {}

    /** Descriptors have whole sectors. */
    static int descriptorBytes(long descriptors) {
        return (int) ((HEADER_BYTES + descriptors * DESCRIPTOR_BYTES + SECTOR - 1) / SECTOR * SECTOR);
    }

    /** How many pages an entry of at most so many bytes has room for. */
    static int room(long bytes) {
        int pages = (int) (bytes / SECTOR);
        while (descriptorBytes(pages) + (long) pages * SECTOR > bytes) {
            pages--;
        }
        return pages;
    }

    /**
     * An entry that is a sequence of its own.
     *
     * @param at where it will stand in the log
     * @param fileBytes how long the image is, and is known to be
     */
    static ByteBuffer make(SortedMap<Long, ByteBuffer> pages, Guid log, long sequence, int at, long fileBytes) {
        int descriptors = descriptorBytes(pages.size());
        ByteBuffer entry =
                ByteBuffer.allocate(descriptors + pages.size() * SECTOR).order(ByteOrder.LITTLE_ENDIAN);
        entry.putInt(0, SIGNATURE);
        entry.putInt(BYTES_AT, entry.capacity());
        entry.putInt(TAIL_AT, at);
        entry.putLong(SEQUENCE_AT, sequence);
        entry.putInt(DESCRIPTORS_AT, pages.size());
        log.put(entry, LOG_AT);
        entry.putLong(FLUSHED_AT, fileBytes);
        entry.putLong(LAST_AT, fileBytes);
        int descriptor = HEADER_BYTES;
        int sector = descriptors;
        for (var each : pages.entrySet()) {
            ByteBuffer page = each.getValue();
            entry.putInt(descriptor, DATA_DESCRIPTOR);
            entry.put(descriptor + TRAILING_AT, page, SECTOR - TRAILING_BYTES, TRAILING_BYTES);
            entry.put(descriptor + LEADING_AT, page, 0, LEADING_BYTES);
            entry.putLong(descriptor + PLACE_AT, each.getKey());
            entry.putLong(descriptor + DESCRIPTOR_SEQUENCE_AT, sequence);
            entry.putInt(sector, DATA_SECTOR);
            entry.putInt(sector + 4, (int) (sequence >>> 32));
            entry.put(sector + LEADING_BYTES, page, LEADING_BYTES, SECTOR - LEADING_BYTES - TRAILING_BYTES);
            entry.putInt(sector + SECTOR - TRAILING_BYTES, (int) sequence);
            descriptor += DESCRIPTOR_BYTES;
            sector += SECTOR;
        }
        return Sealed.seal(entry);
    }
}
