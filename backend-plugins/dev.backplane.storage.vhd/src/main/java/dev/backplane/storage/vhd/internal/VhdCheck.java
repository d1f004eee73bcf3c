package dev.backplane.storage.vhd.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.image.BlockCheck;
import dev.backplane.image.CheckTally;
import dev.backplane.image.ImageBytes;
import dev.backplane.image.TableArray;
import java.nio.ByteOrder;

/** Looks at the whole table: blocks do not overlap, and the footer stands behind them. */
final class VhdCheck {
    private VhdCheck() {}

    static CheckReport run(ImageBytes image, CheckMode mode) throws StorageException {
        CheckTally tally = new CheckTally(mode);
        Footer footer = Footer.read(image);
        if (footer.type() == Footer.FIXED) {
            return tally.report(0);
        }
        DynamicHeader header = DynamicHeader.read(image, footer);
        TableArray entries = VhdTable.array(image, header);
        long span = header.bitmapBytes() + header.blockBytes();
        BlockCheck blocks = new BlockCheck(tally, header.end(), image.bytes(), span);
        entries.walk((block, value) -> {
            if (value != VhdTable.FREE && blocks.block(block, value * Footer.SECTOR)) {
                entries.set(block, VhdTable.FREE);
            }
        });
        blocks.finish();
        entries.pages().write();
        long end = (blocks.behind() + Footer.SECTOR - 1) / Footer.SECTOR * Footer.SECTOR;
        tail(image, footer, end, span, tally);
        return tally.report((footer.capacityBytes() + header.blockBytes() - 1) / header.blockBytes());
    }

    private static void tail(ImageBytes image, Footer footer, long end, long span, CheckTally tally)
            throws StorageException {
        boolean there = image.read(end, Footer.BYTES, ByteOrder.BIG_ENDIAN).equals(footer.bytes());
        long rest = image.bytes() - end - Footer.BYTES;
        if ((!there || rest > 0)
                && tally.leak(
                        Math.max(1, rest / span),
                        "behind the last block, at 0x%x, is no footer at the end".formatted(end))) {
            image.trim(end + Footer.BYTES);
            image.write(end, footer.bytes());
            image.flush();
        }
    }
}
