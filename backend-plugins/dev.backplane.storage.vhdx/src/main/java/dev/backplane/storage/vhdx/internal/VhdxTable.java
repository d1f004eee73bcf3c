package dev.backplane.storage.vhdx.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.BlockTable;
import dev.backplane.image.ImageBytes;
import dev.backplane.image.TableArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.TreeMap;

/** The block allocation table (2.5): an entry has a block's state in its low bits and its place, in whole MiB, in its high ones. */
final class VhdxTable implements BlockTable {
    static final long STATE = 7;
    static final long FULLY_PRESENT = 6;
    /** Not present, undefined, zero, unmapped: it reads as zeros. */
    static final long LAST_ABSENT = 3;

    static final long PLACE = -1L << 20;
    static final int ENTRY_BYTES = 8;

    private final ImageBytes image;
    private final ReplayedFile file;
    private final LogWriter log;
    private final Layout layout;
    private final TableArray entries;

    private Metadata metadata;
    /** Behind what the image is known to have. */
    private long end;

    VhdxTable(ImageBytes image, ReplayedFile file, Layout layout) throws StorageException {
        this.image = image;
        this.file = file;
        this.layout = layout;
        metadata = layout.metadata();
        log = new LogWriter(image, layout.header());
        entries = array(image, layout);
        end = (image.bytes() + Header.MIB - 1) / Header.MIB * Header.MIB;
    }

    static TableArray array(ImageBytes image, Layout layout) {
        Regions.Region region = layout.regions().table();
        return new TableArray(
                image, ByteOrder.LITTLE_ENDIAN, region.offset(), region.bytes() / ENTRY_BYTES, ENTRY_BYTES);
    }

    @Override
    public long place(long block) throws StorageException {
        long value = entries.get(metadata.entry(block));
        long state = value & STATE;
        if (state <= LAST_ABSENT) {
            return HOLE;
        }
        long place = value & PLACE;
        if (state != FULLY_PRESENT) {
            throw ImageBytes.corrupt("block %d is in state %d, which needs a parent".formatted(block, state));
        }
        if (layout.isTaken(place)) {
            throw ImageBytes.corrupt("block %d is at 0x%x, within the tables".formatted(block, place));
        }
        return place;
    }

    /** A log that was left behind is applied, and the headers say that somebody writes. */
    @Override
    public void begin() throws StorageException {
        if (file.isReplayed()) {
            file.settle();
        }
        log.begin();
    }

    @Override
    public long append() throws StorageException {
        long place = end;
        end += metadata.blockBytes();
        return place;
    }

    @Override
    public void lead(long block, long place) throws StorageException {
        entries.set(metadata.entry(block), place | FULLY_PRESENT);
    }

    @Override
    public int changes() {
        return entries.pages().changes();
    }

    @Override
    public void write() throws StorageException {
        log.write(entries.pages().changed());
        entries.pages().written();
    }

    /** Makes the disk longer, as far as the table has room. */
    void resize(long capacityBytes) throws StorageException {
        Metadata next = metadata.withCapacity(capacityBytes);
        long room = layout.regions().table().bytes() / ENTRY_BYTES;
        if (capacityBytes > Metadata.MOST_CAPACITY || next.entries() > room) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "the image's table has room for %d blocks of %d bytes: convert it to a larger one"
                            .formatted(room, metadata.blockBytes()));
        }
        for (long block = metadata.blocks(); block < next.blocks(); block++) {
            if (entries.get(next.entry(block)) != 0) {
                entries.set(next.entry(block), 0);
            }
        }
        long page = metadata.capacityAt() / LogEntry.SECTOR * LogEntry.SECTOR;
        if (metadata.capacityAt() - page > LogEntry.SECTOR - ENTRY_BYTES) {
            throw new StorageException(Kind.UNSUPPORTED, "the disk's length stands on two pages of the metadata");
        }
        ByteBuffer item = image.read(page, LogEntry.SECTOR, ByteOrder.LITTLE_ENDIAN);
        item.putLong((int) (metadata.capacityAt() - page), capacityBytes);
        var pages = new TreeMap<>(entries.pages().changed());
        pages.put(page, item);
        log.write(pages);
        image.flush();
        entries.pages().written();
        metadata = next;
    }
}
