package dev.backplane.storage.vhdx.internal;

import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.image.BlockCheck;
import dev.backplane.image.CheckTally;
import dev.backplane.image.ImageBytes;
import dev.backplane.image.TableArray;

/** Looks at the whole table: blocks are where they may be, and do not overlap. A repair applies the log first. */
final class VhdxCheck {
    private VhdxCheck() {}

    static CheckReport run(ResizableStorage below, CheckMode mode) throws StorageException {
        CheckTally tally = new CheckTally(mode);
        ReplayedFile file = new ReplayedFile(below);
        ImageBytes image = new ImageBytes(file);
        Layout layout = Layout.read(image, file);
        LogWriter log = new LogWriter(image, layout.header());
        if (mode != CheckMode.REPORT) {
            file.settle();
            log.begin();
        }
        Metadata metadata = layout.metadata();
        TableArray entries = VhdxTable.array(image, layout);
        BlockCheck blocks = new BlockCheck(tally, Header.MIB, image.bytes(), metadata.blockBytes());
        long ratio = metadata.chunkRatio();
        entries.walk((index, value) -> {
            // Behind every so many blocks an entry for their bitmap, which only a differencing image has.
            if (index < metadata.entries()
                    && index % (ratio + 1) != ratio
                    && look(tally, blocks, layout, index, value)) {
                entries.set(index, 0);
            }
        });
        blocks.finish();
        if (entries.pages().changes() > 0) {
            log.write(entries.pages().changed());
            image.flush();
        }
        return tally.report(metadata.blocks());
    }

    /** Whether the entry is to be taken out. */
    private static boolean look(CheckTally tally, BlockCheck blocks, Layout layout, long index, long value) {
        long ratio = layout.metadata().chunkRatio();
        long block = index - index / (ratio + 1);
        long state = value & VhdxTable.STATE;
        long place = value & VhdxTable.PLACE;
        if (state <= VhdxTable.LAST_ABSENT) {
            return false;
        }
        if (state != VhdxTable.FULLY_PRESENT) {
            return tally.corruption("block %d is in state %d, which needs a parent".formatted(block, state));
        }
        if (layout.isTaken(place)) {
            return tally.corruption("block %d is at 0x%x, within the tables".formatted(block, place));
        }
        return blocks.block(block, place);
    }
}
