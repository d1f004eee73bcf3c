package dev.backplane.storage.parallels.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.image.BlockCheck;
import dev.backplane.image.CheckTally;
import dev.backplane.image.ImageBytes;
import dev.backplane.image.TableArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Looks at the whole table: clusters do not overlap, and the image ends with the last of them. */
final class ParallelsCheck {
    private ParallelsCheck() {}

    static CheckReport run(ImageBytes image, CheckMode mode) throws StorageException {
        CheckTally tally = new CheckTally(mode);
        ParallelsHeader header = ParallelsHeader.read(image);
        // Clusters before unsettled entries are stable whenever we write: a mark alone is no damage, and goes.
        if (header.isInUse() && tally.leak(1, "the image was not closed")) {
            image.write(
                    ParallelsHeader.IN_USE_AT,
                    ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, ParallelsHeader.CLOSED));
        }
        TableArray entries = ParallelsTable.array(image, header);
        BlockCheck clusters = new BlockCheck(tally, header.dataOffset(), image.bytes(), header.clusterBytes());
        entries.walk((cluster, value) -> {
            if (value != ParallelsTable.FREE && clusters.block(cluster, value * header.unitBytes())) {
                entries.set(cluster, ParallelsTable.FREE);
            }
        });
        clusters.finish();
        entries.pages().write();
        long end = (clusters.behind() + header.unitBytes() - 1) / header.unitBytes() * header.unitBytes();
        long rest = image.bytes() - end;
        if (rest > 0
                && tally.leak(
                        Math.max(1, rest / header.clusterBytes()),
                        "%d bytes behind the last cluster".formatted(rest))) {
            image.trim(end);
        }
        if (image.isWritable()) {
            image.flush();
        }
        return tally.report(header.entries());
    }
}
