package dev.backplane.disk.internal;

import dev.backplane.api.storage.image.DiskRequest;
import dev.backplane.api.storage.image.ImageSnapshot;
import dev.backplane.api.storage.image.OpenDisk;
import dev.backplane.api.storage.image.SnapshotStorage;
import dev.backplane.shell.command.CommandException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code backplane disk snapshot}. */
@Command(
        name = "snapshot",
        description = "List, make, go back to and give up the snapshots that an image keeps in itself.",
        exitCodeOnInvalidInput = 1)
final class SnapshotCommand implements Callable<Integer> {
    private final Tool tool;

    @Mixin
    private ImageOptions image = new ImageOptions();

    @ArgGroup
    private What what = new What();

    /** One of them. */
    static final class What {
        @Option(names = "-l", description = "List them; so it is where nothing else is said.")
        private boolean list;

        @Option(names = "-c", paramLabel = "NAME", description = "Make one.")
        private @Nullable String create;

        @Option(names = "-a", paramLabel = "NAME", description = "Go back to it; what the disk holds now is lost.")
        private @Nullable String apply;

        @Option(names = "-d", paramLabel = "NAME", description = "Give it up.")
        private @Nullable String delete;
    }

    @Option(names = "-q", description = "Say nothing but errors.")
    private boolean quiet;

    @Parameters(index = "0", paramLabel = "FILE", description = "The image.")
    private String file = "";

    SnapshotCommand(Tool tool) {
        this.tool = tool;
    }

    @Override
    public Integer call() throws Exception {
        boolean writes = what.create != null || what.apply != null || what.delete != null;
        DiskRequest request = image.request(file).withoutBacking();
        try (OpenDisk disk = tool.disks().open(writes ? request.forWriting() : request.toBeDescribed())) {
            if (!(disk.storage() instanceof SnapshotStorage storage)) {
                throw new CommandException(file + ": its format has no snapshots");
            }
            if (what.create != null) {
                storage.createSnapshot(what.create);
            } else if (what.apply != null) {
                storage.applySnapshot(what.apply);
            } else if (what.delete != null) {
                storage.deleteSnapshot(what.delete);
            } else {
                list(storage.snapshots());
            }
        }
        return 0;
    }

    private void list(List<ImageSnapshot> snapshots) throws java.io.IOException {
        if (!snapshots.isEmpty()) {
            tool.context().print("Snapshot list:\n" + SnapshotTable.of(snapshots));
        }
    }
}
