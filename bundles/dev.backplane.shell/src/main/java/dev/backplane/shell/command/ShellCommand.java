package dev.backplane.shell.command;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A command of Backplane's shell, as {@code vm pause}: typed behind {@code Ctrl-A c}, in {@code backplane ctl}, or given to that on its
 * command line. A component of prototype scope, declared with {@link ShellVerb}, whose fields are its arguments with picocli's annotations; an
 * instance carries out one line and is dropped. {@code -h} and {@code --help} are added to every command.
 *
 * <pre>{@code
 * @Component(scope = ServiceScope.PROTOTYPE)
 * @ShellVerb(noun = "vm", verb = "pause")
 * @Command(description = "Stop a machine's vCPUs and its clock.")
 * public final class VmPause implements ShellCommand {
 *     private final Machines machines;
 *
 *     @Parameters(paramLabel = "NAME", description = "The machine.")
 *     private String name = "";
 *
 *     @Activate
 *     public VmPause(@Reference VmManager manager) {
 *         machines = new Machines(manager);
 *     }
 *
 *     @Override
 *     public Answer run(ShellCall call) throws Exception {
 *         machines.named(name).pause();
 *         return Answer.said(name + " is paused");
 *     }
 * }
 * }</pre>
 */
@ConsumerType
public interface ShellCommand {
    /**
     * Carries it out. Called once, on the thread of who typed it, when the arguments stand in the fields.
     *
     * @param call who typed it
     * @return what is printed, as columns or as JSON
     * @throws CommandException told in one line; carries the exit status
     * @throws Exception any other: told by its message, with exit status 1
     */
    Answer run(ShellCall call) throws Exception;
}
