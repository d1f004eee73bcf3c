package dev.backplane.disk.internal;

import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code backplane disk}. */
@Command(
        name = "disk",
        description = {
            "Make, look at, check and convert disk images, in every format that a plugin offers.",
            "",
            "Options and exit statuses are those of qemu-img where it has them."
        },
        exitCodeOnInvalidInput = 1,
        synopsisSubcommandLabel = "COMMAND",
        footerHeading = "%nExamples:%n",
        footer = {
            "  backplane disk create -f qcow2 disk.qcow2 20G",
            "  backplane disk create -f qcow2 -b base.raw -F raw overlay.qcow2",
            "  backplane disk convert -p -f qcow2 -O raw disk.qcow2 disk.raw",
            "  backplane disk info --output=json disk.qcow2",
            "",
            "A size has a suffix K, M, G, T, P or E, or is in bytes. Where an image names other files, they are",
            "followed below the folder of the image and below the folders of --follow and of the setting",
            "backplane.image.folders in etc/framework.properties."
        })
final class DiskCommand implements Runnable {
    /** In the order in which they are told. */
    private static final List<String> OWN = List.of(
            "create", "info", "check", "convert", "compare", "map", "resize", "snapshot", "commit", "rebase", "bench");

    @Spec
    private CommandSpec spec;

    /** With the one of our own that was typed, as making one takes milliseconds; with all, and those of others, where none was. */
    static CommandLine line(Tool tool, Supplier<List<Object>> others) {
        CommandLine line = new CommandLine(new DiskCommand());
        String typed = typed(tool.context().words());
        if (OWN.contains(typed)) {
            return line.addSubcommand(own(typed, tool));
        }
        OWN.forEach(name -> line.addSubcommand(own(name, tool)));
        others.get().forEach(line::addSubcommand);
        return line;
    }

    private static Object own(String name, Tool tool) {
        return switch (name) {
            case "create" -> new CreateCommand(tool);
            case "info" -> new InfoCommand(tool);
            case "check" -> new CheckCommand(tool);
            case "convert" -> new ConvertCommand(tool);
            case "compare" -> new CompareCommand(tool);
            case "map" -> new MapCommand(tool);
            case "resize" -> new ResizeCommand(tool);
            case "snapshot" -> new SnapshotCommand(tool);
            case "commit" -> new CommitCommand(tool);
            case "rebase" -> new RebaseCommand(tool);
            case "bench" -> new BenchCommand(tool);
            default -> throw new IllegalArgumentException(name);
        };
    }

    /** What stands behind {@code disk}, which has no options with values. */
    private static String typed(List<String> words) {
        return words.stream()
                .filter(word -> !word.startsWith("-"))
                .skip(1)
                .findFirst()
                .orElse("");
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "what is to be done is missing, for instance 'info' or 'convert'");
    }
}
