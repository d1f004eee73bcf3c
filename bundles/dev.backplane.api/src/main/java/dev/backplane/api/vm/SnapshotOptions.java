package dev.backplane.api.vm;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What a snapshot is to be.
 *
 * @param base the folder of an earlier snapshot, on top of which only memory is kept that has changed since; it has to stay where it is
 * @param compress whether memory is compressed (zstd); a compressed one takes longer to go on from
 * @param copyDisks whether files of disks that the machine writes to are copied into the snapshot while it stands. Without that they must
 *     not change: a machine that goes on and writes to its disk leaves a snapshot from which nothing goes on any more
 */
public record SnapshotOptions(Optional<Path> base, boolean compress, boolean copyDisks) {
    /** Everything, as it is; disks stay where they are. */
    public static final SnapshotOptions PLAIN = new SnapshotOptions(Optional.empty(), false, false);
}
