package dev.backplane.shell.command;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A subcommand of the command line.
 *
 * <pre>{@code
 * @Component
 * public final class Hello implements Subcommand {
 *     public Object make(CommandContext context) {
 *         return new HelloCommand(context); // @Command(name = "hello") final class HelloCommand implements Callable<Integer>
 *     }
 * }
 * }</pre>
 */
@ConsumerType
public interface Subcommand {
    /**
     * Makes what parses and runs it.
     *
     * @param context what it works with
     * @return an object with picocli's {@code Command} annotation, or a {@code CommandLine} of one; as a {@code Callable<Integer>} it gives the exit status
     */
    Object make(CommandContext context);
}
