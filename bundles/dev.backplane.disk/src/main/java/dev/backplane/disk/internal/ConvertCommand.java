package dev.backplane.disk.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.CompressingStorage;
import dev.backplane.api.storage.image.DescribedStorage;
import dev.backplane.api.storage.image.DiskRequest;
import dev.backplane.api.storage.image.NewDisk;
import dev.backplane.api.storage.image.OpenDisk;
import dev.backplane.api.storage.image.SnapshotStorage;
import dev.backplane.shell.command.CommandException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code backplane disk convert}. */
@Command(
        name = "convert",
        description = {
            "Copy a disk into a new image of another format.",
            "",
            "What reads as zeros takes no space in it. Nothing is waited for until the host has written it, unless -t says so:"
                    + " an image that a power cut loses is made again."
        },
        exitCodeOnInvalidInput = 1,
        footerHeading = "%nExamples:%n",
        footer = {
            "  backplane disk convert -p -f qcow2 -O raw disk.qcow2 disk.raw",
            "  backplane disk convert -c -f raw -O qcow2 -o compression_type=zstd disk.raw disk.qcow2",
            "  backplane disk convert --passphrase old.key -f qcow2 -O qcow2 -o passphrase=new.key old.qcow2 new.qcow2"
        })
final class ConvertCommand implements Callable<Integer> {
    private static final int MOST_THREADS = 16;

    /** How the target's writes reach the host's disk. */
    enum Cache {
        /** Some time. */
        unsafe,
        /** Before the command ends. */
        writeback
    }

    private final Tool tool;

    @Mixin
    private ImageOptions image = new ImageOptions();

    @Option(names = "-O", paramLabel = "FMT", required = true, description = "The new image's format.")
    private String format = "";

    @Option(names = "-o", paramLabel = "NAME=VALUE,...", description = "Options of the new image's format.")
    private List<String> options = List.of();

    @Option(names = "-c", description = "Compress it, where the format can.")
    private boolean compress;

    @Option(
            names = "-B",
            paramLabel = "BASE",
            description = "Make it an overlay of this file, which must hold the same as the disk's own backing file.")
    private String backing = "";

    @Option(names = "-F", paramLabel = "FMT", description = "The backing file's format.")
    private String backingFormat = "";

    @Option(
            names = "--base-passphrase",
            paramLabel = "FILE",
            description = "That backing file's passphrase; given again, that of its own backing file.")
    private List<String> basePassphrases = List.of();

    @Option(
            names = "--target-passphrase",
            paramLabel = "FILE",
            description = "With -n: the passphrase of that image. A new one gets its own with -o passphrase=FILE.")
    private String targetPassphrase = "";

    @Option(names = "-l", paramLabel = "SNAPSHOT", description = "Copy this snapshot, by its identifier or name.")
    private String snapshot = "";

    @Option(names = "-n", description = "Write into an image that is there already, at least as long as the disk.")
    private boolean existing;

    @Option(names = "--target-is-zero", description = "With -n: that image reads as zeros so far.")
    private boolean zero;

    @Option(
            names = "-S",
            paramLabel = "SIZE",
            description = "Leave out zeros from this length on; 0: write them (default: 4k).")
    private String sparse = "4k";

    @Option(names = "-m", paramLabel = "N", description = "How many requests are in flight, 1 to 16.")
    private int requests = Math.clamp(2L * Runtime.getRuntime().availableProcessors(), 2, 8);

    @Option(names = "-W", description = "Write in any order; that is so anyway.")
    private boolean unordered;

    @Option(
            names = "-t",
            paramLabel = "unsafe|writeback",
            description = "Whether to wait until the host has written it (default: unsafe).")
    private Cache cache = Cache.unsafe;

    @Option(names = "-p", description = "Show how far it is, also where this is no terminal.")
    private boolean progress;

    @Option(names = "-q", description = "Say nothing but errors.")
    private boolean quiet;

    @Parameters(index = "0", paramLabel = "SRC", description = "The image to be copied.")
    private String source = "";

    @Parameters(index = "1", paramLabel = "DST", description = "The new image.")
    private String target = "";

    ConvertCommand(Tool tool) {
        this.tool = tool;
    }

    @Override
    public Integer call() throws Exception {
        if (requests < 1 || requests > MOST_THREADS) {
            throw new CommandException("-m %d: expected 1 to %d".formatted(requests, MOST_THREADS));
        }
        long sparseBytes = Sizes.parse(sparse)
                .filter(bytes -> bytes % 512 == 0)
                .orElseThrow(() -> new CommandException("-S " + sparse + ": expected a multiple of 512"));
        try (OpenDisk from = tool.disks().open(image.request(source))) {
            Storage disk = snapshot.isEmpty() ? from.storage() : snapshot(from);
            Map<String, String> chosen = OptionText.parse(options);
            if (!existing) {
                tool.disks()
                        .create(new NewDisk(
                                target,
                                format,
                                chosen,
                                OptionalLong.of(disk.capacityBytes()),
                                CreateCommand.backing(backing, backingFormat, basePassphrases)));
            }
            String passphrase = existing ? targetPassphrase : chosen.getOrDefault(ImageOptions.PASSPHRASE, "");
            DiskRequest request = target(passphrase);
            try (OpenDisk to = tool.disks().open(cache == Cache.unsafe ? request.withoutFlushing() : request)) {
                copy(from, disk, to, sparseBytes);
            }
        }
        return 0;
    }

    private DiskRequest target(String passphrase) {
        List<String> all = new ArrayList<>(List.of(passphrase));
        all.addAll(basePassphrases);
        return DiskRequest.of(target).as(format).with(ImageOptions.opening(all)).forWriting();
    }

    private Storage snapshot(OpenDisk from) throws CommandException, StorageException {
        if (!(from.storage() instanceof SnapshotStorage with)) {
            throw new CommandException(source + ": its format has no snapshots");
        }
        return with.openSnapshot(snapshot);
    }

    private void copy(OpenDisk from, Storage disk, OpenDisk to, long sparseBytes)
            throws CommandException, StorageException, ConfigurationException, IOException {
        if (to.storage().capacityBytes() < disk.capacityBytes()) {
            throw new CommandException("%s: %d bytes are too few for a disk of %d"
                    .formatted(target, to.storage().capacityBytes(), disk.capacityBytes()));
        }
        if (compress && !(to.storage() instanceof CompressingStorage)) {
            throw new CommandException("-c: the format " + format + " cannot compress");
        }
        OptionalLong unit = to.storage() instanceof DescribedStorage described
                ? described.describe().unitBytes()
                : OptionalLong.empty();
        // Zeros within a cluster would have it read and written again.
        long granule = sparseBytes == 0 ? 0 : Math.max(sparseBytes, unit.orElse(0));
        boolean fresh = backing.isEmpty() && (!existing || zero);
        Copier.Job job = new Copier.Job(
                disk,
                snapshot.isEmpty() ? map(from) : null,
                to.storage(),
                fresh && sparseBytes > 0,
                compress,
                granule,
                requests);
        try (Progress shown = Progress.of(tool.context(), disk.capacityBytes(), progress, quiet)) {
            new Copier(job, (int) unit.orElse(0), shown).run();
        }
    }

    /** Where the new image has a backing file, what the source's own backing file has is not copied. */
    private Copier.Map map(OpenDisk from) {
        return (offset, bytes) -> Blocks.at(from, offset, bytes);
    }
}
