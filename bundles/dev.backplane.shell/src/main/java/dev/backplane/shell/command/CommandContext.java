package dev.backplane.shell.command;

import dev.backplane.api.vm.VmManager;
import java.io.IOException;
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
}
