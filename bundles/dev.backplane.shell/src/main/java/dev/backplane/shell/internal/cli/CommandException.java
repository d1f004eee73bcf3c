package dev.backplane.shell.internal.cli;

/** A command that failed for a reason which its message explains completely. */
final class CommandException extends Exception {
    private static final long serialVersionUID = 1;

    private final int status;

    CommandException(String message) {
        this(1, message);
    }

    CommandException(int status, String message) {
        super(message);
        this.status = status;
    }

    CommandException(String message, Exception cause) {
        super(message, cause);
        this.status = 1;
    }

    /** The exit status that it ends the process with. */
    int status() {
        return status;
    }
}
