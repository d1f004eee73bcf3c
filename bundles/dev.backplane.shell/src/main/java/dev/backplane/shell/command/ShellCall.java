package dev.backplane.shell.command;

import java.nio.file.Path;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/** Who typed a command, and where. On the command's thread. */
@ProviderType
public interface ShellCall {
    /**
     * What relative paths among the arguments start from: where the user stands, who may sit at another process.
     *
     * @return an absolute path
     */
    Path folder();

    /**
     * Says a line at once, before the answer: progress, or what is about to happen. Goes to standard error where that is apart.
     *
     * @param line without a line end
     */
    void say(String line);

    /**
     * The user's terminal, for a command that needs every key.
     *
     * @return the terminal; empty where that is not to be had, as behind {@code Ctrl-A c}
     */
    default Optional<ShellTerminal> terminal() {
        return Optional.empty();
    }
}
