package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.BlockTable;
import dev.backplane.image.ImageBytes;
import dev.backplane.image.TableArray;
import dev.backplane.image.TablePages;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/**
 * Where grains are: a directory leads to tables, whose entries are sectors. There may be a second directory with tables of its own, which are
 * written too.
 */
final class GrainTable implements BlockTable {
    static final long FREE = 0;
    /** With {@link SparseHeader#ZEROED_GRAINS}: zeros, whatever a parent has. */
    static final long ZERO = 1;

    private static final int SECTOR = SparseHeader.SECTOR;
    private static final int MOST_CHANGES = 256;
    private static final long MOST_SECTOR = 0xffff_ffffL;

    private final ImageBytes image;
    private final SparseHeader header;
    private final TableArray directory;
    private final TableArray second;
    private final TablePages tables;
    /** The numbers of tables that have been changed, by where they are. */
    private final Map<Long, Long> numbers = new HashMap<>();

    private long end;

    /**
     * @param kept how many tables are kept in memory
     */
    GrainTable(ImageBytes image, SparseHeader header, int kept) {
        this.image = image;
        this.header = header;
        directory = directory(image, header, header.directorySector());
        second = directory(image, header, header.redundantDirectorySector());
        tables = new TablePages(image, ByteOrder.LITTLE_ENDIAN, kept);
        end = roundUp(image.bytes(), header.grainBytes());
    }

    static TableArray directory(ImageBytes image, SparseHeader header, long sector) {
        return new TableArray(image, ByteOrder.LITTLE_ENDIAN, sector * SECTOR, header.tables(), 4);
    }

    static long roundUp(long value, long unit) {
        return (value + unit - 1) / unit * unit;
    }

    /** Where a table is. */
    static long place(SparseHeader header, ImageBytes image, long table, long sector) throws StorageException {
        if (sector * SECTOR < SparseHeader.BYTES || sector * SECTOR > image.bytes() - header.tableBytes()) {
            throw ImageBytes.corrupt("grain table %d is at sector %d".formatted(table, sector));
        }
        return sector * SECTOR;
    }

    /** A grain's entry; {@link #FREE} where there is no table. */
    long entry(long grain) throws StorageException {
        long table = grain / header.tableEntries();
        long sector = directory.get(table);
        if (sector == FREE) {
            return FREE;
        }
        long offset = place(header, image, table, sector);
        return tables.page(offset, header.tableBytes()).getInt(4 * (int) (grain % header.tableEntries()))
                & 0xffff_ffffL;
    }

    boolean isPlace(long entry) {
        return entry != FREE && !(entry == ZERO && (header.flags() & SparseHeader.ZEROED_GRAINS) != 0);
    }

    @Override
    public long place(long block) throws StorageException {
        long entry = entry(block);
        if (!isPlace(entry)) {
            return entry == FREE ? HOLE : ZEROS;
        }
        if (entry < header.overheadSectors()) {
            throw ImageBytes.corrupt("grain %d is at sector %d, within the tables".formatted(block, entry));
        }
        return entry * SECTOR;
    }

    @Override
    public long append() throws StorageException {
        return take(header.grainBytes());
    }

    long take(long bytes) throws StorageException {
        if ((end + bytes) / SECTOR > MOST_SECTOR) {
            throw new StorageException(Kind.NO_SPACE, "the extent has reached the longest that VMDK can address");
        }
        long place = end;
        end += bytes;
        return place;
    }

    @Override
    public void lead(long block, long place) throws StorageException {
        enter(block, place / SECTOR);
    }

    @Override
    public boolean clear(long block) throws StorageException {
        boolean can = (header.flags() & SparseHeader.ZEROED_GRAINS) != 0;
        if (can) {
            enter(block, ZERO);
        }
        return can;
    }

    private void enter(long block, long entry) throws StorageException {
        long table = block / header.tableEntries();
        if (directory.get(table) == FREE) {
            // Images that others made may have tables only where they have grains.
            long two = take(roundUp(2L * roundUp(header.tableBytes(), SECTOR), header.grainBytes()));
            image.grow(end);
            tables.change(two, header.tableBytes());
            directory.set(table, two / SECTOR);
            if (header.isRedundant()) {
                second.set(table, (two + roundUp(header.tableBytes(), SECTOR)) / SECTOR);
            }
        }
        long offset = place(header, image, table, directory.get(table));
        ByteBuffer entries = tables.change(offset, header.tableBytes());
        entries.putInt(4 * (int) (block % header.tableEntries()), (int) entry);
        numbers.put(offset, table);
    }

    /** No grain has a place any more. What they took is given up in the layer below, where no table is among them. */
    void freeAll() throws StorageException {
        long grains = header.overheadSectors() * SECTOR;
        boolean apart = true;
        for (long table = 0; table < header.tables(); table++) {
            long sector = directory.get(table);
            if (sector != FREE) {
                long offset = place(header, image, table, sector);
                tables.change(offset, header.tableBytes()).put(0, new byte[header.tableBytes()]);
                numbers.put(offset, table);
                apart &= offset < grains && (!header.isRedundant() || second.get(table) * SECTOR < grains);
            }
            if (changes() > MOST_CHANGES) {
                write();
            }
        }
        write();
        image.flush();
        if (apart) {
            image.discard(grains, Math.max(0, image.bytes() - grains));
        }
    }

    @Override
    public int changes() {
        return tables.changes();
    }

    @Override
    public void write() throws StorageException {
        if (header.isRedundant()) {
            for (var each : tables.changed().entrySet()) {
                long table = numbers.getOrDefault(each.getKey(), 0L);
                if (second.get(table) != FREE) {
                    image.write(place(header, image, table, second.get(table)), each.getValue());
                }
            }
        }
        tables.write();
        numbers.clear();
        if (directory.pages().changes() > 0) {
            image.flush();
            second.pages().write();
            directory.pages().write();
        }
    }
}
