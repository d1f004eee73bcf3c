package dev.backplane.shell.command;

/** A command that failed for a reason which its message explains completely. */
public final class CommandException extends Exception {
    private static final long serialVersionUID = 1;

    private final int status;

    /** Exit status 1. */
    public CommandException(String message) {
        this(1, message);
    }

    /** With an exit status: 2 where the command line is wrong. */
    public CommandException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** Exit status 1; the cause is shown with {@code --debug}. */
    public CommandException(String message, Exception cause) {
        super(message, cause);
        this.status = 1;
    }

    /** The exit status that it ends the process with. */
    public int status() {
        return status;
    }
}
