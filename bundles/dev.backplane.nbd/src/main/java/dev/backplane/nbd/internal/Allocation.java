package dev.backplane.nbd.internal;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.nbd.NbdExport;
import dev.backplane.nbd.wire.Nbd;
import java.nio.ByteBuffer;

/** Says which parts of an export are there, and which read as zeros ("base:allocation"). For one thread. */
final class Allocation {
    private static final int MOST_EXTENTS = 2048;
    /** A storage may tell the same in many small pieces; a client may ask again for the rest. */
    private static final int MOST_QUESTIONS = 4096;

    private final NbdExport export;
    private final ByteBuffer found = ByteBuffer.allocate(4 + 8 * MOST_EXTENTS);

    Allocation(NbdExport export) {
        this.export = export;
    }

    /** The data of the reply: the context, then lengths and flags. Valid until the next call. */
    ByteBuffer find(long offset, long length, boolean one) throws StorageException {
        if (length == 0) {
            throw new StorageException(
                    StorageException.Kind.OUT_OF_BOUNDS, "the status of 0 bytes: expected at least 1");
        }
        StorageException.checkRange(offset, length, export.storage().capacityBytes());
        found.clear().putInt(Negotiation.ALLOCATION_ID);
        long end = offset + length;
        long at = offset;
        long begin = offset;
        int flags = -1;
        for (int questions = 0; at < end && questions < MOST_QUESTIONS; questions++) {
            Extent extent = MappedStorage.extent(export.storage(), at, end - at);
            int next = flags(extent);
            if (next != flags && flags >= 0) {
                found.putInt((int) (at - begin)).putInt(flags);
                begin = at;
                if (one || found.remaining() < 16) {
                    return found.flip();
                }
            }
            flags = next;
            at += Math.min(extent.bytes(), end - at);
        }
        return found.putInt((int) (at - begin)).putInt(flags).flip();
    }

    private int flags(Extent extent) {
        return switch (extent.kind()) {
            case DATA -> 0;
            case ZERO -> extent.place().isPresent() ? Nbd.STATE_ZERO : Nbd.STATE_ZERO | Nbd.STATE_HOLE;
            case ABSENT -> export.absentIsZero() ? Nbd.STATE_ZERO | Nbd.STATE_HOLE : 0;
        };
    }
}
