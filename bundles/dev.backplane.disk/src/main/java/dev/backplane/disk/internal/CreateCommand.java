package dev.backplane.disk.internal;

import dev.backplane.api.storage.image.NewDisk;
import dev.backplane.shell.command.CommandException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code backplane disk create}. */
@Command(
        name = "create",
        description = "Make an image of a disk that reads as zeros, or as its backing file.",
        exitCodeOnInvalidInput = 1,
        footerHeading = "%nExamples:%n",
        footer = {
            "  backplane disk create -f qcow2 -o cluster_size=128k,lazy_refcounts=on disk.qcow2 20G",
            "  backplane disk create -f qcow2 -b base.raw -F raw overlay.qcow2",
            "  backplane disk create -f qcow2 -o passphrase=disk.key encrypted.qcow2 20G"
        })
final class CreateCommand implements Callable<Integer> {
    private final Tool tool;

    @Option(names = "-f", paramLabel = "FMT", required = true, description = "The image's format.")
    private String format = "";

    @Option(
            names = "-b",
            paramLabel = "BASE",
            description = "The backing file, by the name that the image is to have for it.")
    private String backing = "";

    @Option(names = "-F", paramLabel = "FMT", description = "The backing file's format.")
    private String backingFormat = "";

    @Option(
            names = "--base-passphrase",
            paramLabel = "FILE",
            description = "The backing file's passphrase; given again, that of its own backing file.")
    private List<String> basePassphrases = List.of();

    @Option(
            names = "-o",
            paramLabel = "NAME=VALUE,...",
            description = "Options of the format, as qemu-img has them; its reference page lists them.")
    private List<String> options = List.of();

    @Option(names = "-q", description = "Say nothing but errors.")
    private boolean quiet;

    @Parameters(index = "0", paramLabel = "FILE", description = "The image.")
    private String file = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "SIZE",
            description = "How long the disk is; as long as its backing file where nothing is said.")
    private String size = "";

    CreateCommand(Tool tool) {
        this.tool = tool;
    }

    @Override
    public Integer call() throws Exception {
        tool.disks()
                .create(new NewDisk(
                        file,
                        format,
                        OptionText.parse(options),
                        capacity(),
                        backing(backing, backingFormat, basePassphrases)));
        if (!quiet) {
            tool.context().say("made " + file + ", format " + format);
        }
        return 0;
    }

    private OptionalLong capacity() throws CommandException {
        if (size.isEmpty()) {
            if (backing.isEmpty()) {
                throw new CommandException("the size of the disk is missing, for instance 20G");
            }
            return OptionalLong.empty();
        }
        return OptionalLong.of(Sizes.parse(size)
                .orElseThrow(() -> new CommandException(size + ": expected a size, for instance 512M or 20G")));
    }

    /** A backing file, whose format has to be declared. */
    static Optional<NewDisk.Backing> backing(String name, String format, List<String> passphrases)
            throws CommandException {
        if (name.isEmpty()) {
            return Optional.empty();
        }
        if (format.isEmpty()) {
            throw new CommandException("the backing file's format is missing, for instance -F raw");
        }
        return Optional.of(new NewDisk.Backing(name, format, ImageOptions.opening(passphrases)));
    }
}
