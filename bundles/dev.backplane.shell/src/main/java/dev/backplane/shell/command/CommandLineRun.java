package dev.backplane.shell.command;

import dev.backplane.shell.internal.SingleCommand;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The command line that the process was started with, of a command that works without machines and without the shell: its bundle declares that
 * ({@code alone=true} in its capability {@code backplane.command}), the launcher starts no shell then, and a component of the bundle takes the line.
 *
 * <pre>{@code
 * @Component(immediate = true, service = {})
 * public final class HelloRunner {
 *     private final CommandLineRun run;
 *
 *     @Activate
 *     public HelloRunner(
 *             @Reference(target = "(launcher.command=hello)") Map.Entry<Map<String, Object>, CompletableFuture<Integer>> launcher) {
 *         run = new CommandLineRun(launcher);
 *         run.start(new Hello());
 *     }
 *
 *     @Deactivate
 *     public void close() {
 *         run.close();
 *     }
 * }
 * }</pre>
 */
public final class CommandLineRun implements AutoCloseable {
    private final CompletableFuture<Integer> status;
    private final List<String> words;
    private @Nullable Thread thread;

    /**
     * Takes it.
     *
     * @param launcher the launcher's service: completed with the exit status, it ends the process
     */
    public CommandLineRun(Map.Entry<Map<String, Object>, CompletableFuture<Integer>> launcher) {
        status = launcher.getValue();
        words = launcher.getKey().get("launcher.arguments") instanceof String[] arguments
                ? List.of(arguments)
                : List.of();
    }

    /**
     * What was typed.
     *
     * @return its words
     */
    public List<String> words() {
        return words;
    }

    /**
     * Runs the line, whose first word names this command, on a thread of its own.
     *
     * @param subcommand the only one of the line
     */
    public void start(Subcommand subcommand) {
        start(() -> new SingleCommand(words).run(subcommand));
    }

    /**
     * Runs the line on a thread of its own.
     *
     * @param line gives the exit status
     */
    public void start(IntSupplier line) {
        thread = Thread.ofPlatform().name("command").start(() -> {
            try {
                status.complete(line.getAsInt());
            } catch (Throwable e) {
                // An error of the class loader or of memory: the launcher tells it.
                status.completeExceptionally(e);
            }
        });
    }

    /** The process is ending before the command is: its thread is interrupted. */
    @Override
    public void close() {
        if (thread != null) {
            thread.interrupt();
        }
    }
}
