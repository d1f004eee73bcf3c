package dev.backplane.disk.internal;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.IdentifiedStorage;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.EmptiableStorage;
import dev.backplane.api.storage.image.ImageReference;
import dev.backplane.api.storage.image.OpenDisk;
import dev.backplane.api.storage.image.RebasableStorage;
import dev.backplane.shell.command.CommandException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code backplane disk commit}. */
@Command(
        name = "commit",
        description = "Write what an image has of its own into its backing file, and empty it.",
        exitCodeOnInvalidInput = 1)
final class CommitCommand implements Callable<Integer> {
    private static final int BUFFER_BYTES = 1 << 20;

    private final Tool tool;

    @Mixin
    private ImageOptions image = new ImageOptions();

    @Option(names = "-d", description = "Leave the image as it is; it is not needed any more.")
    private boolean keep;

    @Option(names = "-p", description = "Show how far it is.")
    private boolean progress;

    @Option(names = "-q", description = "Say nothing but errors.")
    private boolean quiet;

    @Parameters(index = "0", paramLabel = "FILE", description = "The image.")
    private String file = "";

    CommitCommand(Tool tool) {
        this.tool = tool;
    }

    @Override
    public Integer call() throws Exception {
        // Opened once with its backing disk, so that only what may be followed is written to.
        try (OpenDisk whole = tool.disks().open(image.request(file))) {
            if (whole.backingDisk().isEmpty()) {
                throw new CommandException(file + ": it has no backing file");
            }
        }
        try (OpenDisk top =
                tool.disks().open(image.request(file).withoutBacking().forWriting())) {
            ImageReference below = top.references().stream()
                    .filter(each -> each.role() == ImageReference.Role.BACKING)
                    .findFirst()
                    .orElseThrow();
            String location =
                    Path.of(file).toAbsolutePath().resolveSibling(below.name()).toString();
            try (OpenDisk base = tool.disks()
                    .open(image.backing(location, below.format().orElse("")).forWriting())) {
                commit(top.storage(), base.storage());
                base.storage().flush();
                acknowledge(top.storage(), base, below.name());
            }
            if (!keep) {
                if (!(top.storage() instanceof EmptiableStorage emptiable)) {
                    throw new CommandException(
                            file + ": it was written into its backing file, but its format cannot empty it");
                }
                emptiable.empty();
            }
        }
        if (!quiet) {
            tool.context().print("Image committed.\n");
        }
        return 0;
    }

    /** Where an image notes what its backing file holds, it is to go on standing on it. */
    private static void acknowledge(Storage top, OpenDisk base, String name) throws StorageException {
        if (top instanceof RebasableStorage rebasable
                && IdentifiedStorage.contentId(base.storage()).isPresent()) {
            rebasable.rebase(Optional.of(base.asBacking(name)));
        }
    }

    private void commit(Storage top, Storage base) throws StorageException, CommandException, IOException {
        long capacity = top.capacityBytes();
        if (base.capacityBytes() < capacity) {
            if (!(base instanceof ResizableStorage resizable)) {
                throw new CommandException("the backing file is shorter, and has a fixed length");
            }
            resizable.resize(capacity);
        }
        try (Progress shown = Progress.of(tool.context(), capacity, progress, quiet);
                Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(BUFFER_BYTES, 64);
            for (long at = 0; at < capacity; ) {
                Extent extent = MappedStorage.extent(top, at, capacity - at);
                long bytes = extent.bytes();
                switch (extent.kind()) {
                    case DATA -> {
                        bytes = Math.min(bytes, BUFFER_BYTES);
                        top.read(at, buffer.asSlice(0, bytes));
                        base.write(at, buffer.asSlice(0, bytes));
                    }
                    case ZERO -> base.zero(at, bytes, true);
                    case ABSENT -> {
                        // The backing file has it already.
                    }
                }
                at += bytes;
                shown.add(bytes);
            }
        }
    }
}
