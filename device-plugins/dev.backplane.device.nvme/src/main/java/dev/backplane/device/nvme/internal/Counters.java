package dev.backplane.device.nvme.internal;

import java.util.concurrent.atomic.LongAdder;

/** What the health log counts since power-on. Any thread. */
final class Counters {
    private final LongAdder bytesRead = new LongAdder();
    private final LongAdder bytesWritten = new LongAdder();
    private final LongAdder reads = new LongAdder();
    private final LongAdder writes = new LongAdder();

    void read(long bytes) {
        bytesRead.add(bytes);
        reads.increment();
    }

    void written(long bytes) {
        bytesWritten.add(bytes);
        writes.increment();
    }

    void forget() {
        restore(new long[0]);
    }

    /** Bytes read and written, commands that read and wrote. */
    long[] save() {
        return new long[] {bytesRead.sum(), bytesWritten.sum(), reads.sum(), writes.sum()};
    }

    void restore(long[] saved) {
        LongAdder[] all = {bytesRead, bytesWritten, reads, writes};
        for (int i = 0; i < all.length; i++) {
            all[i].reset();
            all[i].add(i < saved.length ? Math.max(0, saved[i]) : 0);
        }
    }
}
