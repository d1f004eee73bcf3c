package dev.backplane.device.virtio.block.internal;

import static dev.backplane.device.virtio.block.internal.BlockLayout.*;

import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.LongSupplier;

/** What a chain asks for, and its answer (5.2.6). Everything in a chain is the guest's word. Any thread. */
final class Requests {
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int UNMAP = 1;

    /** In place of what was written: the disk is away, and the request is to be carried out another time. */
    static final long LATER = -1;

    private final Storage disk;
    private final boolean readOnly;
    private final byte[] id;
    private final LongSupplier capacitySectors;
    /** The driver does not flush, so that what it has written has to be stable when it is told so (5.2.6.2). */
    private volatile boolean writesThrough;

    Requests(Storage disk, boolean readOnly, String serial, LongSupplier capacitySectors) {
        this.disk = disk;
        this.readOnly = readOnly;
        this.capacitySectors = capacitySectors;
        id = Arrays.copyOf(serial.getBytes(StandardCharsets.US_ASCII), ID_BYTES);
    }

    /** The driver has accepted features. */
    void negotiated(long features) {
        writesThrough = (features & 1L << F_FLUSH) == 0;
    }

    /** Returns how many bytes were written into the chain, its status at the end among them, or {@link #LATER}. */
    long carryOut(DescriptorChain chain) {
        if (chain.readableBytes() < HEADER_BYTES || chain.writableBytes() < 1) {
            // There is nowhere to say what is wrong with it.
            return 0;
        }
        MemorySegment header = MemorySegment.ofArray(new byte[HEADER_BYTES]);
        chain.read(0, header);
        long data = chain.writableBytes() - 1;
        int status;
        try {
            status = carryOut(chain, header.get(U32, 0), header.get(U64, 8), data);
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.AWAY) {
                return LATER;
            }
            status = S_IOERR;
        }
        chain.write(data, MemorySegment.ofArray(new byte[] {(byte) status}));
        return chain.writableBytes();
    }

    private int carryOut(DescriptorChain chain, int type, long sector, long data) throws StorageException {
        long sent = chain.readableBytes() - HEADER_BYTES;
        return switch (type) {
            case T_IN -> {
                if (!isWithin(sector, data)) {
                    yield S_IOERR;
                }
                Position at = new Position(sector);
                chain.<StorageException>lendWritable(0, data, piece -> disk.read(at.passing(piece), piece));
                yield S_OK;
            }
            case T_OUT -> {
                if (readOnly || !isWithin(sector, sent)) {
                    yield S_IOERR;
                }
                Position at = new Position(sector);
                chain.<StorageException>lendReadable(HEADER_BYTES, sent, piece -> disk.write(at.passing(piece), piece));
                flushIfToBeStable();
                yield S_OK;
            }
            case T_FLUSH -> {
                disk.flush();
                yield S_OK;
            }
            case T_GET_ID -> {
                if (data < ID_BYTES) {
                    yield S_IOERR;
                }
                chain.write(0, MemorySegment.ofArray(id));
                yield S_OK;
            }
            case T_DISCARD, T_WRITE_ZEROES -> ranges(chain, type, sent);
            default -> S_UNSUPP;
        };
    }

    /** Whole sectors within the capacity (5.2.6.1). */
    private boolean isWithin(long sector, long bytes) {
        long capacity = capacitySectors.getAsLong();
        return bytes % SECTOR_BYTES == 0 && sector >= 0 && sector <= capacity - bytes / SECTOR_BYTES;
    }

    /** Ranges to discard or to fill with zeros (5.2.6.1, 5.2.6.2). None is touched unless all can be. */
    private int ranges(DescriptorChain chain, int type, long sent) throws StorageException {
        if (readOnly || sent == 0 || sent % SEGMENT_BYTES != 0 || sent > (long) MOST_SEGMENTS * SEGMENT_BYTES) {
            return S_IOERR;
        }
        MemorySegment ranges = MemorySegment.ofArray(new byte[(int) sent]);
        chain.read(HEADER_BYTES, ranges);
        for (long at = 0; at < sent; at += SEGMENT_BYTES) {
            long sectors = Integer.toUnsignedLong(ranges.get(U32, at + 8));
            int flags = ranges.get(U32, at + 12);
            if ((flags & ~UNMAP) != 0 || type == T_DISCARD && flags != 0) {
                return S_UNSUPP;
            }
            if (sectors > MOST_SECTORS || !isWithin(ranges.get(U64, at), sectors * SECTOR_BYTES)) {
                return S_IOERR;
            }
        }
        for (long at = 0; at < sent; at += SEGMENT_BYTES) {
            long offset = ranges.get(U64, at) * SECTOR_BYTES;
            long bytes = Integer.toUnsignedLong(ranges.get(U32, at + 8)) * SECTOR_BYTES;
            if (type == T_DISCARD) {
                disk.discard(offset, bytes);
            } else {
                disk.zero(offset, bytes, (ranges.get(U32, at + 12) & UNMAP) != 0);
            }
        }
        if (type == T_WRITE_ZEROES) {
            flushIfToBeStable();
        }
        return S_OK;
    }

    private void flushIfToBeStable() throws StorageException {
        if (writesThrough) {
            disk.flush();
        }
    }

    /** Where the next piece goes. */
    private static final class Position {
        private long offset;

        Position(long sector) {
            offset = sector * SECTOR_BYTES;
        }

        long passing(MemorySegment piece) {
            long at = offset;
            offset += piece.byteSize();
            return at;
        }
    }
}
