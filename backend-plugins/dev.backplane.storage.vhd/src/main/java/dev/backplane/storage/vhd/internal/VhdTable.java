package dev.backplane.storage.vhd.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.BlockTable;
import dev.backplane.image.ImageBytes;
import dev.backplane.image.TableArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * The block allocation table: an entry is the sector where a block's bitmap begins, with its bytes behind it. The footer stands behind the last
 * block and is written anew when blocks have been added; until then the copy at the beginning has to do.
 */
final class VhdTable implements BlockTable {
    static final long FREE = 0xffff_ffffL;

    private static final byte ALL = (byte) 0xff;

    private final ImageBytes image;
    private final DynamicHeader header;
    private final TableArray entries;
    private final int bitmapBytes;
    /** Blocks of which every sector counts. */
    private final BitSet whole = new BitSet();

    private Footer footer;
    /** Behind the last block. */
    private long end;

    VhdTable(ImageBytes image, Footer footer, DynamicHeader header) throws StorageException {
        this.image = image;
        this.footer = footer;
        this.header = header;
        bitmapBytes = header.bitmapBytes();
        entries = array(image, header);
        end = (header.end() + Footer.SECTOR - 1) / Footer.SECTOR * Footer.SECTOR;
        long there = image.bytes();
        entries.walk((block, value) -> {
            // What is behind the end would have the image grow without bounds: it is an error when it is used.
            if (value != FREE && value * Footer.SECTOR < there) {
                end = Math.max(end, value * Footer.SECTOR + bitmapBytes + header.blockBytes());
            }
        });
    }

    static TableArray array(ImageBytes image, DynamicHeader header) {
        return new TableArray(image, ByteOrder.BIG_ENDIAN, header.tableOffset(), header.entries(), 4);
    }

    @Override
    public long place(long block) throws StorageException {
        long value = entries.get(block);
        if (value == FREE) {
            return HOLE;
        }
        long offset = value * Footer.SECTOR;
        if (offset < header.end()) {
            throw ImageBytes.corrupt("block %d is at 0x%x, within the tables".formatted(block, offset));
        }
        return offset + bitmapBytes;
    }

    @Override
    public byte @Nullable [] sectors(long block) throws StorageException {
        if (whole.get((int) block)) {
            return null;
        }
        int length = header.blockBytes() / Footer.SECTOR / 8;
        byte[] bitmap = image.read(place(block) - bitmapBytes, length, ByteOrder.BIG_ENDIAN)
                .array();
        for (byte each : bitmap) {
            if (each != ALL) {
                return bitmap;
            }
        }
        whole.set((int) block);
        return null;
    }

    /** Others may have left sectors out: they become zeros that count. */
    @Override
    public void touch(long block) throws StorageException {
        byte[] bitmap = sectors(block);
        if (bitmap != null) {
            long place = place(block);
            for (int sector = 0; sector < 8 * bitmap.length; sector++) {
                if ((bitmap[sector / 8] & 0x80 >> sector % 8) == 0) {
                    image.zero(place + (long) sector * Footer.SECTOR, Footer.SECTOR, false);
                }
            }
            image.flush();
            writeBitmap(place);
            whole.set((int) block);
        }
    }

    private void writeBitmap(long place) throws StorageException {
        byte[] all = new byte[bitmapBytes];
        Arrays.fill(all, ALL);
        image.write(place - bitmapBytes, ByteBuffer.wrap(all));
    }

    /** What was lost behind the last block is cut off, since the footer is the end. */
    @Override
    public void begin() throws StorageException {
        if (image.bytes() != end + Footer.BYTES) {
            image.trim(end + Footer.BYTES);
            image.write(end, footer.bytes());
        }
    }

    @Override
    public long append() throws StorageException {
        if (end / Footer.SECTOR >= FREE) {
            throw new StorageException(Kind.NO_SPACE, "the image has reached the longest that VHD can address");
        }
        long place = end + bitmapBytes;
        writeBitmap(place);
        end = place + header.blockBytes();
        return place;
    }

    @Override
    public void lead(long block, long place) throws StorageException {
        entries.set(block, (place - bitmapBytes) / Footer.SECTOR);
        whole.set((int) block);
    }

    @Override
    public int changes() {
        return entries.pages().changes();
    }

    @Override
    public void write() throws StorageException {
        image.write(end, footer.bytes());
        entries.pages().write();
    }

    /** Makes the disk longer, as far as the table has room. */
    void resize(long capacityBytes) throws StorageException {
        long room = header.entries() * header.blockBytes();
        if (capacityBytes > Math.min(room, Footer.MOST_SECTORS * Footer.SECTOR)) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "the image's table has room for %d bytes: convert it to a larger one".formatted(room));
        }
        footer = footer.withCapacity(capacityBytes);
        // Never both at once.
        image.write(end, footer.bytes());
        image.flush();
        image.write(0, footer.bytes());
        image.flush();
    }
}
