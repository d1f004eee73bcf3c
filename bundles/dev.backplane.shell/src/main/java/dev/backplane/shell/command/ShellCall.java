package dev.backplane.shell.command;

import java.nio.file.Path;
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
}
