package dev.backplane.disk.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.IdentifiedStorage;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.image.BackingImage;
import dev.backplane.api.storage.image.DiskRequest;
import dev.backplane.api.storage.image.OpenDisk;
import dev.backplane.api.storage.image.RebasableStorage;
import dev.backplane.shell.command.CommandException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code backplane disk rebase}. */
@Command(
        name = "rebase",
        description = {
            "Put an image onto another backing file. It reads as before: what the two differ in is written into it.",
            "",
            "With -u only the name in it is changed, for a file that was moved or is the same in another format, and the",
            "identifier of its contents, where the format notes that and the file is there."
        },
        exitCodeOnInvalidInput = 1)
final class RebaseCommand implements Callable<Integer> {
    private static final int BUFFER_BYTES = 512 << 10;

    private final Tool tool;

    @Mixin
    private ImageOptions image = new ImageOptions();

    @Option(names = "-b", paramLabel = "BASE", required = true, description = "The new backing file; '' for none.")
    private String backing = "";

    @Option(names = "-F", paramLabel = "FMT", description = "Its format.")
    private String backingFormat = "";

    @Option(
            names = "--base-passphrase",
            paramLabel = "FILE",
            description = "The new backing file's passphrase; given again, that of its own backing file.")
    private List<String> basePassphrases = List.of();

    @Option(names = "-u", description = "Change the name only; neither backing file is read.")
    private boolean unsafe;

    @Option(names = "-p", description = "Show how far it is.")
    private boolean progress;

    @Option(names = "-q", description = "Say nothing but errors.")
    private boolean quiet;

    @Parameters(index = "0", paramLabel = "FILE", description = "The image.")
    private String file = "";

    RebaseCommand(Tool tool) {
        this.tool = tool;
    }

    @Override
    public Integer call() throws Exception {
        CreateCommand.backing(backing, backingFormat, basePassphrases);
        DiskRequest request = image.request(file).forWriting();
        try (OpenDisk top = tool.disks().open(unsafe ? request.withoutBacking() : request)) {
            if (!(top.storage() instanceof RebasableStorage rebasable)) {
                throw new CommandException(file + ": its format has no backing files");
            }
            if (backing.isEmpty()) {
                if (!unsafe) {
                    fill(top.storage(), null);
                }
                rebasable.rebase(Optional.empty());
            } else if (unsafe) {
                // Whoever moves an image tells what it will be: nothing of what it holds is needed.
                Nothing nothing = new Nothing(top.storage().capacityBytes(), this::identifier);
                rebasable.rebase(Optional.of(new BackingImage(backing, backingFormat, nothing, nothing)));
            } else {
                try (OpenDisk base = tool.disks().open(base())) {
                    fill(top.storage(), base.storage());
                    rebasable.rebase(Optional.of(base.asBacking(backing)));
                }
            }
        }
        return 0;
    }

    private DiskRequest base() {
        String location = Path.of(file).toAbsolutePath().resolveSibling(backing).toString();
        return image.request(location, backingFormat, ImageOptions.opening(basePassphrases));
    }

    /** Of what the new backing file holds, where there is one. Whoever writes it meanwhile has no need to know. */
    private Optional<String> identifier() throws StorageException {
        DiskRequest base = base().withoutBacking().withoutLock().toBeDescribed();
        if (Files.notExists(Path.of(base.location()))) {
            return Optional.empty();
        }
        try (OpenDisk opened = tool.disks().open(base)) {
            return IdentifiedStorage.contentId(opened.storage());
        } catch (ConfigurationException e) {
            throw new StorageException(Kind.INVALID_FORMAT, String.valueOf(e.getMessage()));
        }
    }

    /** Where the image has nothing of its own and the new backing disk reads differently, it gets what it reads as now. */
    private void fill(Storage top, @Nullable Storage base) throws StorageException, IOException {
        long capacity = top.capacityBytes();
        try (Progress shown = Progress.of(tool.context(), capacity, progress, quiet);
                Arena arena = Arena.ofConfined()) {
            MemorySegment now = arena.allocate(BUFFER_BYTES, 64);
            MemorySegment then = arena.allocate(BUFFER_BYTES, 64);
            for (long at = 0; at < capacity; ) {
                Extent extent = MappedStorage.extent(top, at, capacity - at);
                long bytes = extent.bytes();
                if (extent.kind() == Extent.Kind.ABSENT) {
                    bytes = Math.min(bytes, BUFFER_BYTES);
                    top.read(at, now.asSlice(0, bytes));
                    read(base, at, then.asSlice(0, bytes));
                    if (MemorySegment.mismatch(now, 0, bytes, then, 0, bytes) >= 0) {
                        top.write(at, now.asSlice(0, bytes));
                    }
                }
                at += bytes;
                shown.add(bytes);
            }
        }
        top.flush();
    }

    private static void read(@Nullable Storage base, long at, MemorySegment target) throws StorageException {
        long there = base == null ? 0 : Math.clamp(base.capacityBytes() - at, 0L, target.byteSize());
        if (base != null && there > 0) {
            base.read(at, target.asSlice(0, there));
        }
        target.asSlice(there).fill((byte) 0);
    }
}
