package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.ImageBytes;
import dev.backplane.image.ImageStorage;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalLong;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * An extent of compressed grains (streamOptimized): read at random, and each grain written once, as a whole. A grain stands behind a marker with
 * its first sector and its compressed length. Tables are written when they are asked for, after what they lead to.
 */
final class CompressedExtent implements ImageStorage {
    private static final int SECTOR = SparseHeader.SECTOR;
    private static final int MARKER_BYTES = 12;

    private final ImageBytes image;
    private final SparseHeader header;
    private final GrainTable table;
    private final int grainBytes;
    /** The grain that was read last, since requests are shorter than grains. */
    private byte @Nullable [] last;

    private long lastPlace = -1;

    CompressedExtent(ImageBytes image, SparseHeader header, GrainTable table) {
        this.image = image;
        this.header = header;
        this.table = table;
        grainBytes = header.grainBytes();
    }

    @Override
    public long capacityBytes() {
        return header.sectors() * SECTOR;
    }

    @Override
    public boolean isWritable() {
        // Behind a header at the end nothing can be added.
        return image.isWritable() && header.hasMarkers() && !header.isAtEnd();
    }

    @Override
    public synchronized void read(long offset, MemorySegment target) throws StorageException {
        StorageException.checkRange(offset, target.byteSize(), capacityBytes());
        for (long done = 0; done < target.byteSize(); ) {
            int from = (int) ((offset + done) % grainBytes);
            long length = Math.min(grainBytes - from, target.byteSize() - done);
            MemorySegment piece = target.asSlice(done, length);
            long place = table.place((offset + done) / grainBytes);
            if (place < 0) {
                piece.fill((byte) 0);
            } else {
                MemorySegment.copy(MemorySegment.ofArray(grain(place)), from, piece, 0, length);
            }
            done += length;
        }
    }

    private byte[] grain(long place) throws StorageException {
        byte[] known = last;
        if (known != null && lastPlace == place) {
            return known;
        }
        int markerBytes = header.hasMarkers() ? MARKER_BYTES : 0;
        ByteBuffer marker = image.read(place, MARKER_BYTES, ByteOrder.LITTLE_ENDIAN);
        long length = header.hasMarkers() ? marker.getInt(8) & 0xffff_ffffL : grainBytes;
        if (place >= image.bytes() || length == 0 || length > 2L * grainBytes) {
            throw ImageBytes.corrupt("a grain of %d compressed bytes at 0x%x".formatted(length, place));
        }
        byte[] packed = image.read(place + markerBytes, (int) length, ByteOrder.LITTLE_ENDIAN)
                .array();
        byte[] grain = new byte[grainBytes];
        try (Inflater inflater = new Inflater()) {
            inflater.setInput(packed);
            int done = 0;
            // The last grain may end with the disk.
            for (int more = 1; more > 0 && done < grainBytes; done += more) {
                more = inflater.inflate(grain, done, grainBytes - done);
            }
        } catch (DataFormatException e) {
            throw ImageBytes.corrupt("the grain at 0x%x cannot be unpacked".formatted(place));
        }
        last = grain;
        lastPlace = place;
        return grain;
    }

    /** Bytes come compressed, or not at all. */
    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        image.checkWritable();
        StorageException.checkRange(offset, source.byteSize(), capacityBytes());
        if (source.byteSize() % grainBytes != 0 && offset + source.byteSize() != capacityBytes()
                || offset % grainBytes != 0) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "streamOptimized: grains of %d bytes are written once, as a whole: convert it to monolithicSparse"
                            .formatted(grainBytes));
        }
        for (long done = 0; done < source.byteSize(); done += grainBytes) {
            add((offset + done) / grainBytes, source.asSlice(done, Math.min(grainBytes, source.byteSize() - done)));
        }
    }

    private synchronized void add(long grain, MemorySegment source) throws StorageException {
        if (table.entry(grain) != GrainTable.FREE) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "streamOptimized: grain %d has been written already: convert it to monolithicSparse"
                            .formatted(grain));
        }
        byte[] plain = new byte[grainBytes];
        MemorySegment.copy(source, 0, MemorySegment.ofArray(plain), 0, source.byteSize());
        byte[] packed = new byte[2 * grainBytes];
        int length;
        try (Deflater deflater = new Deflater()) {
            deflater.setInput(plain);
            deflater.finish();
            length = deflater.deflate(packed);
        }
        int whole = (int) GrainTable.roundUp(MARKER_BYTES + length, SECTOR);
        ByteBuffer bytes = ByteBuffer.allocate(whole).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(0, grain * header.grainSectors()).putInt(8, length).put(MARKER_BYTES, packed, 0, length);
        long place = table.take(whole);
        image.write(place, bytes);
        table.lead(grain, place);
    }

    @Override
    public synchronized void flush() throws StorageException {
        if (isWritable()) {
            passOn();
            image.flush();
        }
    }

    @Override
    public synchronized void passOn() throws StorageException {
        if (table.changes() > 0) {
            image.flush();
            table.write();
        }
    }

    /** What was written stays. */
    @Override
    public void discard(long offset, long bytes) throws StorageException {
        image.checkWritable();
        StorageException.checkRange(offset, bytes, capacityBytes());
    }

    /** Only what reads as zeros already. */
    @Override
    public synchronized void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        image.checkWritable();
        StorageException.checkRange(offset, bytes, capacityBytes());
        for (long grain = offset / grainBytes; grain * grainBytes < offset + bytes; grain++) {
            if (table.place(grain) >= 0) {
                throw new StorageException(
                        Kind.UNSUPPORTED,
                        "streamOptimized: what has been written stays: convert it to monolithicSparse");
            }
        }
    }

    @Override
    public synchronized Extent extent(long offset, long bytes) throws StorageException {
        StorageException.checkRange(offset, bytes, capacityBytes());
        long place = table.place(offset / grainBytes);
        long length = Math.min(grainBytes - offset % grainBytes, bytes);
        return place < 0
                ? new Extent(offset, length, Extent.Kind.ABSENT)
                : new Extent(offset, length, Extent.Kind.DATA, OptionalLong.empty(), true);
    }

    int unitBytes() {
        return grainBytes;
    }
}
