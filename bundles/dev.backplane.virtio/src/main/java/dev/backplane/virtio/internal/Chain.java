package dev.backplane.virtio.internal;

import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.device.virtio.VirtioState.Piece;
import dev.backplane.api.device.virtio.VirtioState.Unfinished;
import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.memory.Lease;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The pieces of one chain: those to read, then those to write. Used again and again by its queue. */
final class Chain implements DescriptorChain {
    /** No chain has more bytes than this (2.7.5.2). */
    private static final long MOST_BYTES = 1L << 32;

    private final GuestMemory memory;
    private long[] addresses = new long[4];
    private long[] lengths = new long[4];
    private int pieces;
    private int readable;
    private long readableBytes;
    private long writableBytes;

    /** The number by which it goes back to the driver. */
    int id;
    /** How many descriptors of the ring it takes. */
    int descriptors;
    /** Its place among those that were taken. */
    long taken;

    /** The next one that is free. */
    @Nullable
    Chain next;

    Chain(GuestMemory memory) {
        this.memory = memory;
    }

    void clear() {
        pieces = 0;
        readable = 0;
        readableBytes = 0;
        writableBytes = 0;
        descriptors = 0;
    }

    /** Appends a piece. */
    void add(long address, long length, boolean writable) {
        if (!writable && pieces > readable) {
            throw new BrokenQueueException("a piece to read behind one to write (2.7.4.2)");
        }
        if (!memory.contains(address, length)) {
            throw new BrokenQueueException("a buffer of %d bytes at 0x%x is not RAM".formatted(length, address));
        }
        if (pieces == addresses.length) {
            addresses = Arrays.copyOf(addresses, 2 * pieces);
            lengths = Arrays.copyOf(lengths, 2 * pieces);
        }
        addresses[pieces] = address;
        lengths[pieces++] = length;
        if (writable) {
            writableBytes += length;
        } else {
            readable++;
            readableBytes += length;
        }
        if (readableBytes + writableBytes > MOST_BYTES) {
            throw new BrokenQueueException("a chain of more than 4 GiB (2.7.5.2)");
        }
    }

    /** What a successor needs to take it once more. */
    Unfinished save() {
        List<Piece> saved = new ArrayList<>(pieces);
        for (int i = 0; i < pieces; i++) {
            saved.add(new Piece(addresses[i], lengths[i], i >= readable));
        }
        return new Unfinished(id, descriptors, saved);
    }

    /** Becomes what was saved, which is checked as if it came from the driver. */
    void restore(Unfinished saved) {
        clear();
        id = saved.id() & 0xffff;
        descriptors = saved.descriptors();
        for (Piece piece : saved.pieces()) {
            add(piece.address(), piece.bytes(), piece.writable());
        }
    }

    @Override
    public long readableBytes() {
        return readableBytes;
    }

    @Override
    public long writableBytes() {
        return writableBytes;
    }

    @Override
    public <E extends Exception> void lendReadable(long offset, long bytes, Borrower<E> borrower) throws E {
        Objects.checkFromIndexSize(offset, bytes, readableBytes);
        lend(0, offset, bytes, false, borrower);
    }

    @Override
    public <E extends Exception> void lendWritable(long offset, long bytes, Borrower<E> borrower) throws E {
        Objects.checkFromIndexSize(offset, bytes, writableBytes);
        lend(readable, offset, bytes, true, borrower);
    }

    @Override
    public void locateWritable(Visitor visitor) {
        for (int piece = readable; piece < pieces; piece++) {
            visitor.piece(addresses[piece], lengths[piece]);
        }
    }

    private <E extends Exception> void lend(int first, long offset, long bytes, boolean write, Borrower<E> borrower)
            throws E {
        long skip = offset;
        long left = bytes;
        for (int piece = first; left > 0; piece++) {
            long length = Math.min(lengths[piece] - skip, left);
            if (length <= 0) {
                skip -= lengths[piece];
                continue;
            }
            long address = addresses[piece] + skip;
            try (Lease lease = write ? memory.write(address, length) : memory.read(address, length)) {
                borrower.accept(lease.segment());
            }
            left -= length;
            skip = 0;
        }
    }
}
