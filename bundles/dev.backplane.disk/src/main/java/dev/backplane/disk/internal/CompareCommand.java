package dev.backplane.disk.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.OpenDisk;
import dev.backplane.shell.command.CommandException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code backplane disk compare}. */
@Command(
        name = "compare",
        description = "Look whether two images hold the same. A longer one may go on with zeros, unless -s forbids it.",
        exitCodeOnInvalidInput = 2,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:they hold the same",
            "1:they differ",
            "2:an image could not be opened",
            "4:an image could not be read"
        })
final class CompareCommand implements Callable<Integer> {
    private static final int UNOPENED = 2;
    private static final int UNREAD = 4;
    private static final int BUFFER_BYTES = 512 << 10;

    private final Tool tool;

    @Mixin
    private ImageOptions image = new ImageOptions();

    @Option(names = "-F", paramLabel = "FMT", description = "The second image's format.")
    private String second = "";

    @Option(
            names = "--second-passphrase",
            paramLabel = "FILE",
            description = "The second image's passphrase; given again, that of its backing file.")
    private List<String> passphrases = List.of();

    @Option(
            names = "-s",
            description = "Strict: they differ too where one is longer or has space where the other has none.")
    private boolean strict;

    @Option(names = "-p", description = "Show how far it is.")
    private boolean progress;

    @Option(names = "-q", description = "Say nothing but errors.")
    private boolean quiet;

    @Parameters(index = "0", paramLabel = "FILE1", description = "One image.")
    private String one = "";

    @Parameters(index = "1", paramLabel = "FILE2", description = "The other.")
    private String other = "";

    CompareCommand(Tool tool) {
        this.tool = tool;
    }

    @Override
    public Integer call() throws CommandException, IOException {
        try (OpenDisk left = tool.disks().open(image.request(one));
                OpenDisk right = tool.disks().open(image.request(other, second, ImageOptions.opening(passphrases)))) {
            String difference = compare(left, right);
            if (!quiet) {
                tool.context().print(difference.isEmpty() ? "Images are identical.\n" : difference + "\n");
            }
            return difference.isEmpty() ? 0 : 1;
        } catch (ConfigurationException e) {
            throw new CommandException(UNOPENED, String.valueOf(e.getMessage()));
        } catch (StorageException e) {
            boolean unread = e.kind() == StorageException.Kind.IO || e.kind() == StorageException.Kind.CORRUPT;
            throw new CommandException(unread ? UNREAD : UNOPENED, String.valueOf(e.getMessage()));
        }
    }

    /** The first difference in words; empty where there is none. */
    private String compare(OpenDisk left, OpenDisk right) throws StorageException, IOException {
        long common = Math.min(left.storage().capacityBytes(), right.storage().capacityBytes());
        long whole = Math.max(left.storage().capacityBytes(), right.storage().capacityBytes());
        if (strict && common != whole) {
            return "Strict mode: Image size mismatch!";
        }
        try (Progress shown = Progress.of(tool.context(), whole, progress, quiet);
                Arena arena = Arena.ofConfined()) {
            MemorySegment a = arena.allocate(BUFFER_BYTES, 64);
            MemorySegment b = arena.allocate(BUFFER_BYTES, 64);
            for (long at = 0; at < common; ) {
                Block l = Blocks.at(left, at, common - at);
                Block r = Blocks.at(right, at, common - at);
                long bytes = Math.min(l.bytes(), r.bytes());
                if (strict && l.present() != r.present()) {
                    return "Strict mode: Offset %d allocation mismatch!".formatted(at);
                }
                if (!l.zero() || !r.zero()) {
                    bytes = Math.min(bytes, BUFFER_BYTES);
                    left.storage().read(at, a.asSlice(0, bytes));
                    right.storage().read(at, b.asSlice(0, bytes));
                    long mismatch = MemorySegment.mismatch(a, 0, bytes, b, 0, bytes);
                    if (mismatch >= 0) {
                        return "Content mismatch at offset %d!".formatted((at + mismatch) / 512 * 512);
                    }
                }
                at += bytes;
                shown.add(bytes);
            }
            OpenDisk longer = left.storage().capacityBytes() > common ? left : right;
            return rest(longer, common, whole, a, shown);
        }
    }

    private static String rest(OpenDisk longer, long from, long to, MemorySegment buffer, Progress shown)
            throws StorageException, IOException {
        Storage storage = longer.storage();
        for (long at = from; at < to; ) {
            Block block = Blocks.at(longer, at, to - at);
            long bytes = block.bytes();
            if (!block.zero()) {
                bytes = Math.min(bytes, BUFFER_BYTES);
                storage.read(at, buffer.asSlice(0, bytes));
                if (!Zeros.are(buffer, 0, bytes)) {
                    return "Content mismatch at offset %d!".formatted(at);
                }
            }
            at += bytes;
            shown.add(bytes);
        }
        return "";
    }
}
