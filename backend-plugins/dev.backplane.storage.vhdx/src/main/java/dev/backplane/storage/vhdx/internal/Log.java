package dev.backplane.storage.vhdx.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.image.ImageBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * Reads a log that was left behind (2.3.2): the pages that it puts in place. The log is a ring; of the sequences of entries in it, the one with
 * the highest number counts, from the tail that its last entry names.
 */
final class Log {
    /** Checksums are reckoned over so many times the log at most: entries may claim to overlap. */
    private static final int MOST_ROUNDS = 8;

    private static final int MOST_ZERO_PAGES = 1 << 16;

    private static final byte[] ZEROS = new byte[LogEntry.SECTOR];

    private final Guid guid;
    private final ByteBuffer ring;
    private final int length;
    private final long fileBytes;
    private final NavigableMap<Long, byte[]> pages = new TreeMap<>();
    private long budget;
    private int zeroPages;

    private Log(Guid guid, ByteBuffer ring, long fileBytes) {
        this.guid = guid;
        this.ring = ring;
        this.fileBytes = fileBytes;
        length = ring.capacity();
        budget = (long) MOST_ROUNDS * length;
    }

    /** The pages by their places; none where the log is empty. */
    static NavigableMap<Long, byte[]> read(ImageBytes image, Header header) throws StorageException {
        if (header.log().equals(Guid.NONE)) {
            return new TreeMap<>();
        }
        ByteBuffer ring = image.read(header.logOffset(), (int) header.logBytes(), ByteOrder.LITTLE_ENDIAN);
        Log log = new Log(header.log(), ring, image.bytes());
        for (int entry : log.active()) {
            log.replay(entry);
        }
        return log.pages;
    }

    private List<Integer> active() throws StorageException {
        List<Integer> best = List.of();
        long highest = 0;
        for (int at = 0; at < length; ) {
            List<Integer> sequence = sequence(at);
            if (sequence.isEmpty()) {
                at += LogEntry.SECTOR;
                continue;
            }
            int head = sequence.getLast();
            int tail = sequence.indexOf(ring.getInt(head + LogEntry.TAIL_AT));
            long number = ring.getLong(head + LogEntry.SEQUENCE_AT);
            if (tail >= 0 && Long.compareUnsigned(number, highest) > 0) {
                highest = number;
                best = sequence.subList(tail, sequence.size());
            }
            int end = head + ring.getInt(head + LogEntry.BYTES_AT);
            // Behind the end of the ring it goes on with what has been looked at.
            at = head < at || end > length ? length : end;
        }
        return best;
    }

    /** Entries one behind the other, with numbers that go up by one, from a place on. */
    private List<Integer> sequence(int from) throws StorageException {
        List<Integer> entries = new ArrayList<>();
        int at = from;
        long left = length;
        while (left > 0 && isWhole(at)) {
            int bytes = ring.getInt(at + LogEntry.BYTES_AT);
            long number = ring.getLong(at + LogEntry.SEQUENCE_AT);
            if (bytes > left
                    || !entries.isEmpty() && number != ring.getLong(entries.getLast() + LogEntry.SEQUENCE_AT) + 1) {
                break;
            }
            entries.add(at);
            left -= bytes;
            at = (int) (((long) at + bytes) % length);
        }
        return entries;
    }

    private boolean isWhole(int at) throws StorageException {
        long bytes = ring.getInt(at + LogEntry.BYTES_AT) & 0xffff_ffffL;
        long descriptors = ring.getInt(at + LogEntry.DESCRIPTORS_AT) & 0xffff_ffffL;
        if (ring.getInt(at) != LogEntry.SIGNATURE
                || !Guid.get(ring, at + LogEntry.LOG_AT).equals(guid)
                || bytes == 0
                || bytes % LogEntry.SECTOR != 0
                || bytes > length
                || descriptors * LogEntry.DESCRIPTOR_BYTES > bytes
                || LogEntry.descriptorBytes(descriptors) > bytes
                || ring.getLong(at + LogEntry.SEQUENCE_AT) == 0) {
            return false;
        }
        budget -= bytes;
        if (budget < 0) {
            throw ImageBytes.corrupt("entries of the log overlap");
        }
        CRC32C crc = new CRC32C();
        crc.update(ring.array(), at, Sealed.CHECKSUM_AT);
        crc.update(new byte[4]);
        int first = (int) Math.min(bytes, length - at);
        crc.update(ring.array(), at + Sealed.CHECKSUM_AT + 4, first - Sealed.CHECKSUM_AT - 4);
        crc.update(ring.array(), 0, (int) bytes - first);
        return ring.getInt(at + Sealed.CHECKSUM_AT) == (int) crc.getValue();
    }

    private void replay(int at) throws StorageException {
        long number = ring.getLong(at + LogEntry.SEQUENCE_AT);
        int descriptors = ring.getInt(at + LogEntry.DESCRIPTORS_AT);
        if (Long.compareUnsigned(ring.getLong(at + LogEntry.FLUSHED_AT), fileBytes) > 0) {
            throw ImageBytes.corrupt("the log knows of 0x%x bytes, there are 0x%x"
                    .formatted(ring.getLong(at + LogEntry.FLUSHED_AT), fileBytes));
        }
        long bytes = ring.getInt(at + LogEntry.BYTES_AT);
        long sector = LogEntry.descriptorBytes(descriptors);
        for (int i = 0; i < descriptors; i++) {
            // Descriptors do not cross sectors, and the ring is made of such.
            int descriptor = (int) ((at + LogEntry.HEADER_BYTES + (long) i * LogEntry.DESCRIPTOR_BYTES) % length);
            if (ring.getLong(descriptor + LogEntry.DESCRIPTOR_SEQUENCE_AT) != number) {
                throw ImageBytes.corrupt(
                        "descriptor %d of entry %d of the log belongs to another".formatted(i, number));
            }
            switch (ring.getInt(descriptor)) {
                case LogEntry.ZERO_DESCRIPTOR -> zero(descriptor);
                case LogEntry.DATA_DESCRIPTOR -> {
                    if (sector + LogEntry.SECTOR > bytes) {
                        throw ImageBytes.corrupt("entry %d of the log has too few sectors".formatted(number));
                    }
                    data(descriptor, (int) ((at + sector) % length), number);
                    sector += LogEntry.SECTOR;
                }
                default ->
                    throw ImageBytes.corrupt("descriptor %d of entry %d of the log: 0x%08x"
                            .formatted(i, number, ring.getInt(descriptor)));
            }
        }
    }

    private void data(int descriptor, int sector, long number) throws StorageException {
        if (ring.getInt(sector) != LogEntry.DATA_SECTOR
                || ring.getInt(sector + 4) != (int) (number >>> 32)
                || ring.getInt(sector + LogEntry.SECTOR - LogEntry.TRAILING_BYTES) != (int) number) {
            throw ImageBytes.corrupt("a sector of entry %d of the log is torn".formatted(number));
        }
        ByteBuffer page = ByteBuffer.allocate(LogEntry.SECTOR);
        page.put(0, ring, descriptor + LogEntry.LEADING_AT, LogEntry.LEADING_BYTES);
        int rest = LogEntry.SECTOR - LogEntry.LEADING_BYTES - LogEntry.TRAILING_BYTES;
        page.put(LogEntry.LEADING_BYTES, ring, sector + LogEntry.LEADING_BYTES, rest);
        page.put(LogEntry.LEADING_BYTES + rest, ring, descriptor + LogEntry.TRAILING_AT, LogEntry.TRAILING_BYTES);
        put(ring.getLong(descriptor + LogEntry.PLACE_AT), page.array());
    }

    private void zero(int descriptor) throws StorageException {
        long place = ring.getLong(descriptor + LogEntry.PLACE_AT);
        long bytes = ring.getLong(descriptor + LogEntry.LEADING_AT);
        long count = bytes / LogEntry.SECTOR;
        if (bytes < 0 || bytes % LogEntry.SECTOR != 0 || count > MOST_ZERO_PAGES - zeroPages) {
            throw ImageBytes.corrupt("the log has 0x%x zeros for 0x%x".formatted(bytes, place));
        }
        zeroPages += (int) count;
        for (long i = 0; i < count; i++) {
            put(place + i * LogEntry.SECTOR, ZEROS);
        }
    }

    /** The image does not get longer by its log. */
    private void put(long place, byte[] page) throws StorageException {
        if (place < 0 || place % LogEntry.SECTOR != 0 || place > fileBytes - LogEntry.SECTOR) {
            throw ImageBytes.corrupt("the log has a page for 0x%x".formatted(place));
        }
        pages.put(place, page);
    }
}
