package dev.backplane.image.luks;

import dev.backplane.api.storage.StorageException;
import dev.backplane.image.BusyRanges;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Bytes that are encrypted where they are. A sector's number is its offset there, divided by 512. Any thread.
 *
 * <p>What is read is decrypted in memory of our own before a guest sees it, what is written is encrypted there: one copy each. A write that
 * begins or ends within a sector reads it first; writes that touch the same sector go one after the other.
 */
public final class EncryptedBytes implements AutoCloseable {
    private static final int SECTOR = SectorCipher.SECTOR_BYTES;
    private static final int PIECE_BYTES = 128 << 10;
    private static final MemorySegment ZEROS =
            MemorySegment.ofArray(new byte[PIECE_BYTES]).asReadOnly();

    private final Ciphertext below;
    private final LuksKey key;
    private final BusyRanges busy = new BusyRanges(this);
    private final ConcurrentLinkedQueue<Bench> benches = new ConcurrentLinkedQueue<>();
    private volatile boolean closed;

    /**
     * Encrypted bytes.
     *
     * @param below where they are
     * @param key encrypts them; closed with this
     */
    public EncryptedBytes(Ciphertext below, LuksKey key) {
        this.below = below;
        this.key = key;
    }

    /** What one thread works with, kept for the next one. */
    private static final class Bench {
        private final byte[] bytes = new byte[PIECE_BYTES];
        private final MemorySegment memory = MemorySegment.ofArray(bytes);
        private final SectorCipher cipher;

        Bench(SectorCipher cipher) {
            this.cipher = cipher;
        }

        void wipe() {
            cipher.wipe();
            Arrays.fill(bytes, (byte) 0);
        }
    }

    private Bench bench() {
        if (closed) {
            throw new IllegalStateException("the disk has been closed");
        }
        Bench kept = benches.poll();
        return kept == null ? new Bench(key.cipher()) : kept;
    }

    private void keep(Bench bench) {
        benches.add(bench);
        if (closed) {
            wipe();
        }
    }

    /**
     * Reads.
     *
     * @param offset the first byte
     * @param target filled wholly
     * @throws StorageException when it cannot be read
     */
    public void read(long offset, MemorySegment target) throws StorageException {
        Bench bench = bench();
        try {
            long bytes = target.byteSize();
            for (long done = 0; done < bytes; ) {
                int from = (int) ((offset + done) % SECTOR);
                int length = (int) Math.min(PIECE_BYTES - from, bytes - done);
                decrypt(bench, 0, offset + done - from, roundedUp(from + length));
                MemorySegment.copy(bench.bytes, from, target, ValueLayout.JAVA_BYTE, done, length);
                done += length;
            }
        } finally {
            keep(bench);
        }
    }

    private static int roundedUp(int bytes) {
        return (bytes + SECTOR - 1) / SECTOR * SECTOR;
    }

    private void decrypt(Bench bench, int at, long offset, int length) throws StorageException {
        below.read(offset, bench.memory.asSlice(at, length));
        bench.cipher.decrypt(bench.bytes, at, length, offset / SECTOR);
    }

    /**
     * Writes.
     *
     * @param offset the first byte
     * @param source all of it
     * @throws StorageException when it cannot be written
     */
    public void write(long offset, MemorySegment source) throws StorageException {
        long first = offset / SECTOR;
        long end = (offset + source.byteSize() + SECTOR - 1) / SECTOR;
        synchronized (this) {
            busy.await(first, end);
            busy.add(first, end);
        }
        Bench bench = bench();
        try {
            for (long done = 0; done < source.byteSize(); ) {
                int from = (int) ((offset + done) % SECTOR);
                int length = (int) Math.min(PIECE_BYTES - from, source.byteSize() - done);
                write(bench, offset + done - from, from, source.asSlice(done, length));
                done += length;
            }
        } finally {
            keep(bench);
            busy.remove(first, end);
        }
    }

    private void write(Bench bench, long begin, int from, MemorySegment source) throws StorageException {
        int end = from + (int) source.byteSize();
        int whole = roundedUp(end);
        if (from > 0) {
            decrypt(bench, 0, begin, SECTOR);
        }
        if (end < whole && (from == 0 || whole > SECTOR)) {
            decrypt(bench, whole - SECTOR, begin + whole - SECTOR, SECTOR);
        }
        MemorySegment.copy(source, ValueLayout.JAVA_BYTE, 0, bench.bytes, from, end - from);
        bench.cipher.encrypt(bench.bytes, 0, whole, begin / SECTOR);
        below.write(begin, bench.memory.asSlice(0, whole));
    }

    /**
     * Makes a range read as zeros, by writing them: where there is nothing below, it would read as anything.
     *
     * @param offset the first byte
     * @param bytes how many
     * @throws StorageException when it cannot be written
     */
    public void zero(long offset, long bytes) throws StorageException {
        for (long done = 0; done < bytes; ) {
            long length = Math.min(PIECE_BYTES - (offset + done) % SECTOR, bytes - done);
            write(offset + done, ZEROS.asSlice(0, length));
            done += length;
        }
    }

    /** Forgets the key and what went through its memory. Nothing is read or written any more. */
    @Override
    public void close() {
        closed = true;
        key.close();
        wipe();
    }

    private void wipe() {
        for (Bench each = benches.poll(); each != null; each = benches.poll()) {
            each.wipe();
        }
    }
}
