package dev.backplane.storage.vhdx.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.image.ImageBytes;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Writes pages of tables through the log, so that all of a batch are in place or none: the entry, then a header that makes it count, then the
 * pages, then a header for which the log is empty, with a flush after each. Batches take turns at the two halves of the log, since the last
 * header need not be stable when the next batch begins. Under the disk's monitor.
 */
final class LogWriter {
    private final ImageBytes image;
    private Header header;
    private long sequence = 1;
    private boolean second;

    LogWriter(ImageBytes image, Header header) {
        this.image = image;
        this.header = header;
    }

    /** A session that writes has begun; the log has been applied. */
    void begin() throws StorageException {
        next(header.written());
        image.flush();
    }

    private void next(Header next) throws StorageException {
        next.write(image);
        header = next;
    }

    void write(SortedMap<Long, ByteBuffer> pages) throws StorageException {
        long half = header.logBytes() / 2;
        int most = LogEntry.room(half);
        Iterator<Map.Entry<Long, ByteBuffer>> all = pages.entrySet().iterator();
        while (all.hasNext()) {
            SortedMap<Long, ByteBuffer> batch = new TreeMap<>();
            while (all.hasNext() && batch.size() < most) {
                Map.Entry<Long, ByteBuffer> each = all.next();
                batch.put(each.getKey(), each.getValue());
            }
            write(batch, second ? (int) half : 0);
            second = !second;
        }
    }

    private void write(SortedMap<Long, ByteBuffer> batch, int at) throws StorageException {
        Guid log = Guid.random();
        image.write(header.logOffset() + at, LogEntry.make(batch, log, sequence++, at, image.bytes()));
        image.flush();
        next(header.withLog(log));
        image.flush();
        for (var page : batch.entrySet()) {
            image.write(page.getKey(), page.getValue());
        }
        image.flush();
        next(header.withLog(Guid.NONE));
    }
}
