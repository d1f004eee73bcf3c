package dev.backplane.shell.internal;

import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.command.CommandContext;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.Subcommand;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import picocli.CommandLine;

/**
 * One command without the shell, which is told and tells what goes wrong as with it.
 *
 * @param out standard output, unbuffered
 * @param words what was typed
 */
public record SingleCommand(OutputStream out, List<String> words) implements CommandContext {
    /** On this process's standard output. */
    public SingleCommand(List<String> words) {
        this(new FileOutputStream(FileDescriptor.out), words);
    }

    /** Runs it and gives its status. */
    public int run(Subcommand subcommand) {
        RootOptions root = new RootOptions();
        CommandLine line = new CommandLine(root).addSubcommand(subcommand.make(this));
        root.complete(line, out, this::say, System.err::print);
        return line.execute(words.toArray(String[]::new));
    }

    @Override
    public VmManager vms() throws CommandException {
        throw new CommandException("this command works without machines");
    }

    @Override
    public void print(String text) throws IOException {
        StandardOutput.print(out, text);
    }

    @Override
    public void say(String line) {
        System.err.print("backplane: " + line + "\n");
        System.err.flush();
    }
}
