package dev.backplane.disk.internal;

import java.util.List;
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
    @Spec
    private CommandSpec spec;

    /** With all that it can do. */
    static CommandLine line(Tool tool, List<Object> others) {
        CommandLine line = new CommandLine(new DiskCommand())
                .addSubcommand(new CreateCommand(tool))
                .addSubcommand(new InfoCommand(tool))
                .addSubcommand(new CheckCommand(tool))
                .addSubcommand(new ConvertCommand(tool))
                .addSubcommand(new CompareCommand(tool))
                .addSubcommand(new MapCommand(tool))
                .addSubcommand(new ResizeCommand(tool))
                .addSubcommand(new SnapshotCommand(tool))
                .addSubcommand(new CommitCommand(tool))
                .addSubcommand(new RebaseCommand(tool))
                .addSubcommand(new BenchCommand(tool));
        others.forEach(line::addSubcommand);
        return line;
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "what is to be done is missing, for instance 'info' or 'convert'");
    }
}
