package dev.backplane.shell.command;

import dev.backplane.api.vm.VmManager;
import java.io.IOException;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** What a command works with. On the command's thread. */
@ProviderType
public interface CommandContext {
    /**
     * The machines of this process.
     *
     * @return the kernel's service
     * @throws CommandException when the kernel has not started
     */
    VmManager vms() throws CommandException;

    /**
     * Prints what the command was asked for on standard output.
     *
     * @param text with its line ends
     */
    void print(String text) throws IOException;

    /**
     * Says a line on standard error.
     *
     * @param line without a line end
     */
    void say(String line);

    /**
     * The command line that the process was started with, so that a command with many others below it can make the one that was typed.
     *
     * @return its words; none where nobody knows
     */
    default List<String> words() {
        return List.of();
    }
}
