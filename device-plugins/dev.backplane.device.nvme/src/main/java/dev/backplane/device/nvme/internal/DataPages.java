package dev.backplane.device.nvme.internal;

import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.memory.Lease;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The memory that a command's data lies in, as physical region pages tell (NVMe 1.4, 4.3). Pages that adjoin are one piece. What the
 * guest can change is read once; no walk is longer than the pages that the data needs, whatever the lists say.
 */
final class DataPages {
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int ENTRY_BYTES = 8;
    private static final int OFFSET = Layout.PAGE_BYTES - 1;

    private long[] addresses = new long[2];
    private long[] lengths = new long[2];
    private int pieces;
    private long left;

    /** What is done with a piece. */
    @FunctionalInterface
    interface Borrower<E extends Exception> {
        /** Does it; the piece is not to be kept. */
        void accept(MemorySegment piece) throws E;
    }

    /**
     * Finds the pages.
     *
     * @param bytes up to {@link Layout#MOST_BYTES}
     * @return a status
     */
    int find(GuestMemory memory, long prp1, long prp2, int bytes) {
        pieces = 0;
        left = bytes;
        if ((prp1 & 3) != 0) {
            return Status.PRP_OFFSET_INVALID;
        }
        long first = Math.min(left, Layout.PAGE_BYTES - (prp1 & OFFSET));
        if (!add(memory, prp1, first)) {
            return Status.DATA_TRANSFER_ERROR;
        }
        if (left == 0) {
            return Status.SUCCESS;
        }
        return left <= Layout.PAGE_BYTES ? addPage(memory, prp2) : walk(memory, prp2);
    }

    private int addPage(GuestMemory memory, long page) {
        if ((page & OFFSET) != 0) {
            return Status.PRP_OFFSET_INVALID;
        }
        return add(memory, page, Math.min(left, Layout.PAGE_BYTES)) ? Status.SUCCESS : Status.DATA_TRANSFER_ERROR;
    }

    /** The first list may begin within a page; where it does not suffice, the page's last entry leads to the next one. */
    private int walk(GuestMemory memory, long first) {
        if ((first & ENTRY_BYTES - 1) != 0) {
            return Status.PRP_OFFSET_INVALID;
        }
        long list = first;
        while (true) {
            int room = (int) (Layout.PAGE_BYTES - (list & OFFSET)) / ENTRY_BYTES;
            int needed = (int) ((left + OFFSET) / Layout.PAGE_BYTES);
            boolean leadsOn = needed > room;
            int entries = leadsOn ? room : needed;
            if (!memory.contains(list, (long) entries * ENTRY_BYTES)) {
                return Status.DATA_TRANSFER_ERROR;
            }
            try (Lease lease = memory.read(list, (long) entries * ENTRY_BYTES)) {
                MemorySegment table = lease.segment();
                for (int i = 0; i < (leadsOn ? entries - 1 : entries); i++) {
                    int status = addPage(memory, table.get(U64, (long) i * ENTRY_BYTES));
                    if (status != Status.SUCCESS) {
                        return status;
                    }
                }
                if (!leadsOn) {
                    return Status.SUCCESS;
                }
                list = table.get(U64, (entries - 1L) * ENTRY_BYTES);
            }
            if ((list & OFFSET) != 0) {
                return Status.PRP_OFFSET_INVALID;
            }
        }
    }

    private boolean add(GuestMemory memory, long address, long length) {
        left -= length;
        if (!memory.contains(address, length)) {
            return false;
        }
        int last = pieces - 1;
        if (last >= 0
                && addresses[last] + lengths[last] == address
                && memory.contains(addresses[last], lengths[last] + length)) {
            lengths[last] += length;
            return true;
        }
        if (pieces == addresses.length) {
            addresses = Arrays.copyOf(addresses, 2 * pieces);
            lengths = Arrays.copyOf(lengths, 2 * pieces);
        }
        addresses[pieces] = address;
        lengths[pieces++] = length;
        return true;
    }

    /** Lends the pieces one after the other, to be read. */
    <E extends Exception> void lendToRead(GuestMemory memory, Borrower<E> borrower) throws E {
        for (int i = 0; i < pieces; i++) {
            try (Lease lease = memory.read(addresses[i], lengths[i])) {
                borrower.accept(lease.segment());
            }
        }
    }

    /** Lends the pieces one after the other, to be written. */
    <E extends Exception> void lendToWrite(GuestMemory memory, Borrower<E> borrower) throws E {
        for (int i = 0; i < pieces; i++) {
            try (Lease lease = memory.write(addresses[i], lengths[i])) {
                borrower.accept(lease.segment());
            }
        }
    }

    /** Copies all of a command's data out of memory. Returns a status. */
    int read(GuestMemory memory, Command command, byte[] target) {
        int status = find(memory, command.prp1, command.prp2, target.length);
        if (status == Status.SUCCESS) {
            ByteBuffer left = ByteBuffer.wrap(target);
            lendToRead(memory, piece -> left.put(piece.asByteBuffer()));
        }
        return status;
    }

    /** Copies all of a command's data into memory. Returns a status. */
    int write(GuestMemory memory, Command command, byte[] source) {
        int status = find(memory, command.prp1, command.prp2, source.length);
        if (status == Status.SUCCESS) {
            ByteBuffer left = ByteBuffer.wrap(source);
            lendToWrite(memory, piece -> {
                ByteBuffer to = piece.asByteBuffer();
                to.put(left.slice(left.position(), to.remaining()));
                left.position(left.position() + to.position());
            });
        }
        return status;
    }
}
