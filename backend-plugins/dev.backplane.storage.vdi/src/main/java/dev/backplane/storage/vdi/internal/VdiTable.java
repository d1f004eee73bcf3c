package dev.backplane.storage.vdi.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.BlockTable;
import dev.backplane.image.ImageBytes;
import dev.backplane.image.TableArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;

/**
 * The block table: an entry is the number of a block in the image, counted from the data's offset.
 *
 * <p>The header says how many blocks the image has, and others put the next one there: the count never falls behind the table. It is raised
 * before the table leads to a block, so that a power cut leaves one that is too high at worst, which is put right before the next write.
 */
final class VdiTable implements BlockTable {
    /** Nothing there. */
    static final long FREE = 0xffff_ffffL;

    /** Nothing there any more. */
    static final long ZERO = 0xffff_fffeL;

    private final ImageBytes image;
    private final VdiHeader header;
    /** The blocks of the image that have a user. */
    private final BitSet used = new BitSet();

    private TableArray entries;
    private long blocks;
    private long counted;

    VdiTable(ImageBytes image, VdiHeader header) throws StorageException {
        this.image = image;
        this.header = header;
        blocks = header.blocks();
        counted = header.allocated();
        entries = array(blocks);
        long there = Math.max(0, image.bytes() - header.dataOffset() + header.blockBytes() - 1) / header.blockBytes();
        entries.walk((block, value) -> {
            // What is behind the end would have the image grow without bounds: it is an error when it is used.
            if (value < Math.min(blocks, there)) {
                used.set((int) value);
            }
        });
    }

    private TableArray array(long length) {
        return new TableArray(image, ByteOrder.LITTLE_ENDIAN, header.tableOffset(), length, 4);
    }

    static boolean isPlace(long value) {
        return value < ZERO;
    }

    @Override
    public long place(long block) throws StorageException {
        long value = entries.get(block);
        if (!isPlace(value)) {
            return HOLE;
        }
        if (value >= blocks) {
            throw ImageBytes.corrupt("block %d is number %d of %d in the image".formatted(block, value, blocks));
        }
        return header.dataOffset() + value * header.blockBytes();
    }

    @Override
    public void begin() throws StorageException {
        count();
    }

    private void count() throws StorageException {
        if (counted != used.length()) {
            ByteBuffer count =
                    ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, used.length());
            image.write(VdiHeader.ALLOCATED_AT, count);
            counted = used.length();
        }
    }

    @Override
    public long append() throws StorageException {
        int number = used.nextClearBit(0);
        if (number >= blocks) {
            throw new StorageException(
                    Kind.CORRUPT, "all of the image's %d blocks are in use already: check it".formatted(blocks));
        }
        used.set(number);
        count();
        return header.dataOffset() + (long) number * header.blockBytes();
    }

    @Override
    public void lead(long block, long place) throws StorageException {
        entries.set(block, (place - header.dataOffset()) / header.blockBytes());
    }

    @Override
    public int changes() {
        return entries.pages().changes();
    }

    @Override
    public void write() throws StorageException {
        entries.pages().write();
    }

    /** Makes the disk longer, as far as there is room between the table and the data. */
    void resize(long capacityBytes) throws StorageException {
        long next = (capacityBytes + header.blockBytes() - 1) / header.blockBytes();
        long room = (header.dataOffset() - header.tableOffset()) / 4;
        if (next > Math.min(room, VdiHeader.MOST_BLOCKS)) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "the image's table has room for %d bytes: convert it to a larger one"
                            .formatted(room * header.blockBytes()));
        }
        next = Math.max(next, blocks);
        TableArray longer = array(next);
        for (long block = blocks; block < next; block++) {
            longer.set(block, FREE);
        }
        longer.pages().write();
        image.flush();
        ByteBuffer sizes = ByteBuffer.allocate(VdiHeader.ALLOCATED_AT - VdiHeader.CAPACITY_AT)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(0, capacityBytes)
                .putInt(VdiHeader.BLOCK_BYTES_AT - VdiHeader.CAPACITY_AT, header.blockBytes())
                .putInt(VdiHeader.BLOCKS_AT - VdiHeader.CAPACITY_AT, (int) next);
        image.write(VdiHeader.CAPACITY_AT, sizes);
        image.flush();
        entries = longer;
        blocks = next;
    }
}
