package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.image.BlockCheck;
import dev.backplane.image.CheckTally;
import dev.backplane.image.ImageBytes;
import dev.backplane.image.TableArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Set;

/** Looks at all grain tables: each has one user, grains are where they may be and do not overlap. */
final class VmdkCheck {
    private final CheckTally tally;
    private final ImageBytes file;
    private final SparseHeader header;
    private final TableArray second;
    private final Set<Long> seen = new HashSet<>();

    private VmdkCheck(CheckTally tally, ImageBytes file, SparseHeader header) {
        this.tally = tally;
        this.file = file;
        this.header = header;
        second = GrainTable.directory(file, header, header.redundantDirectorySector());
    }

    static CheckReport run(Disk disk, CheckMode mode) throws StorageException {
        CheckTally tally = new CheckTally(mode);
        long grains = 0;
        for (Disk.Part part : disk.extents()) {
            SparseHeader header = part.header();
            if (header != null) {
                grains += header.grains();
                new VmdkCheck(tally, part.file(), header).run();
            }
        }
        return tally.report(grains);
    }

    private void run() throws StorageException {
        // Compressed grains have each their own length, of at least a sector.
        int span = header.isCompressed() ? SparseHeader.SECTOR : header.grainBytes();
        BlockCheck grains = new BlockCheck(tally, header.overheadSectors() * SparseHeader.SECTOR, file.bytes(), span);
        GrainTable.directory(file, header, header.directorySector()).walk((table, sector) -> {
            if (sector != GrainTable.FREE) {
                table(grains, table, sector);
            }
        });
        grains.finish();
        file.flush();
    }

    private void table(BlockCheck grains, long table, long sector) throws StorageException {
        long place = sector * SparseHeader.SECTOR;
        if (place > file.bytes() - header.tableBytes() || !seen.add(place)) {
            tally.beyondRepair(
                    "grain table %d is at sector %d, as another one or behind the end".formatted(table, sector));
            return;
        }
        ByteBuffer entries = file.read(place, header.tableBytes(), ByteOrder.LITTLE_ENDIAN);
        boolean changed = false;
        for (int i = 0; i < header.tableEntries(); i++) {
            long entry = entries.getInt(4 * i) & 0xffff_ffffL;
            boolean isZero = entry == GrainTable.ZERO && (header.flags() & SparseHeader.ZEROED_GRAINS) != 0;
            if (entry != GrainTable.FREE
                    && !isZero
                    && grains.block(table * header.tableEntries() + i, entry * SparseHeader.SECTOR)) {
                entries.putInt(4 * i, 0);
                changed = true;
            }
        }
        if (changed) {
            file.write(place, entries);
            if (header.isRedundant() && second.get(table) != GrainTable.FREE) {
                file.write(GrainTable.place(header, file, table, second.get(table)), entries);
            }
        }
    }
}
