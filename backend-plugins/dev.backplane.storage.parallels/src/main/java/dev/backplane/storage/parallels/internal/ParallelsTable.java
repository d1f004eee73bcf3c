package dev.backplane.storage.parallels.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.BlockTable;
import dev.backplane.image.ImageBytes;
import dev.backplane.image.TableArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The block allocation table: where each cluster is, 0 for nowhere. The header says that the image is in use from before a new entry is written until
 * all of them are stable, so that what a power cut has left is checked by those who care.
 */
final class ParallelsTable implements BlockTable {
    static final long FREE = 0;

    private final ImageBytes image;
    private final ParallelsHeader header;
    private final TableArray entries;
    private boolean inUse;
    /** Behind the last cluster. */
    private long end;

    ParallelsTable(ImageBytes image, ParallelsHeader header) throws StorageException {
        this.image = image;
        this.header = header;
        entries = array(image, header);
        inUse = header.isInUse();
        end = header.dataOffset();
        long there = image.bytes();
        entries.walk((cluster, value) -> {
            long place = value * header.unitBytes();
            // What is behind the end would have the image grow without bounds: it is an error when it is used.
            if (value != FREE && place >= 0 && place < there) {
                end = Math.max(end, place + header.clusterBytes());
            }
        });
        end = (end + header.unitBytes() - 1) / header.unitBytes() * header.unitBytes();
    }

    static TableArray array(ImageBytes image, ParallelsHeader header) {
        return new TableArray(image, ByteOrder.LITTLE_ENDIAN, ParallelsHeader.BYTES, header.entries(), 4);
    }

    @Override
    public long place(long block) throws StorageException {
        long value = entries.get(block);
        if (value == FREE) {
            return HOLE;
        }
        long place = value * header.unitBytes();
        if (place < header.dataOffset()) {
            throw ImageBytes.corrupt("cluster %d is at 0x%x, within the table".formatted(block, place));
        }
        return place;
    }

    private void mark(int value) throws StorageException {
        image.write(
                ParallelsHeader.IN_USE_AT,
                ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, value));
    }

    /** What was lost behind the last cluster is cut off. */
    @Override
    public void begin() throws StorageException {
        image.trim(end);
    }

    /** The mark is made here, so that it is stable together with the new cluster's bytes. */
    @Override
    public long append() throws StorageException {
        if (end / header.unitBytes() > 0xffff_ffffL) {
            throw new StorageException(Kind.NO_SPACE, "the image has reached the longest that its table can address");
        }
        if (!inUse) {
            mark(ParallelsHeader.IN_USE);
            inUse = true;
        }
        long place = end;
        end += header.clusterBytes();
        return place;
    }

    @Override
    public void lead(long block, long place) throws StorageException {
        entries.set(block, place / header.unitBytes());
    }

    /** The mark has to go too. */
    @Override
    public int changes() {
        return entries.pages().changes() + (inUse ? 1 : 0);
    }

    @Override
    public void write() throws StorageException {
        entries.pages().write();
        if (inUse) {
            image.flush();
            mark(ParallelsHeader.CLOSED);
            inUse = false;
        }
    }

    /** Makes the disk longer, as far as the table has room before the first cluster. */
    void resize(long capacityBytes) throws StorageException {
        long needed = (capacityBytes + header.clusterBytes() - 1) / header.clusterBytes();
        if (needed > header.entries() || header.unitSectors() == 1) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "the image's table has room for %d clusters of %d bytes: convert it to a larger one"
                            .formatted(header.entries(), header.clusterBytes()));
        }
        image.write(
                ParallelsHeader.SECTORS_AT,
                ByteBuffer.allocate(8)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(0, capacityBytes / ParallelsHeader.SECTOR));
        image.flush();
    }
}
