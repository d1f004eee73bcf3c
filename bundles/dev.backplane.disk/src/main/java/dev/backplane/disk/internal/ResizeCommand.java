package dev.backplane.disk.internal;

import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.image.OpenDisk;
import dev.backplane.shell.command.CommandException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code backplane disk resize}. */
@Command(
        name = "resize",
        description = "Make a disk longer, or shorter. File systems and partitions in it are not touched.",
        exitCodeOnInvalidInput = 1,
        footerHeading = "%nExamples:%n",
        footer = {
            "  backplane disk resize -f qcow2 disk.qcow2 +10G",
            "  backplane disk resize --shrink -f raw disk.raw 1G"
        })
final class ResizeCommand implements Callable<Integer> {
    private static final int SECTOR_BYTES = 512;

    private final Tool tool;

    @Mixin
    private ImageOptions image = new ImageOptions();

    @Option(names = "--shrink", description = "Yes, cut off what is behind the new end.")
    private boolean shrink;

    @Option(names = "-q", description = "Say nothing but errors.")
    private boolean quiet;

    @Parameters(index = "0", paramLabel = "FILE", description = "The image.")
    private String file = "";

    @Parameters(
            index = "1",
            paramLabel = "[+|-]SIZE",
            description = "How long it is to be, or how much longer or shorter.")
    private String size = "";

    ResizeCommand(Tool tool) {
        this.tool = tool;
    }

    @Override
    public Integer call() throws Exception {
        try (OpenDisk disk = tool.disks().open(image.request(file).forWriting())) {
            if (!(disk.storage() instanceof ResizableStorage resizable)) {
                throw new CommandException(file + ": its format has a fixed length");
            }
            long now = disk.storage().capacityBytes();
            long then = wanted(now);
            if (then < now && !shrink) {
                throw new CommandException(
                        "%s: %d bytes are fewer than it has (%d): --shrink allows what is behind them to be lost"
                                .formatted(file, then, now));
            }
            resizable.resize(then);
        }
        if (!quiet) {
            tool.context().print("Image resized.\n");
        }
        return 0;
    }

    private long wanted(long now) throws CommandException {
        boolean more = size.startsWith("+");
        boolean less = size.startsWith("-");
        long bytes = Sizes.parse(more || less ? size.substring(1) : size)
                .filter(each -> each <= Long.MAX_VALUE - now - SECTOR_BYTES)
                .orElseThrow(() -> new CommandException(size + ": expected a size, for instance 20G or +1G"));
        long then = more ? now + bytes : less ? now - bytes : bytes;
        if (then <= 0) {
            throw new CommandException(size + ": nothing would be left of " + now + " bytes");
        }
        return (then + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
    }
}
