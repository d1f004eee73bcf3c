package dev.backplane.api.vm;

/** A command that a machine could not carry out. The message is one line for people, or a report. */
public final class VmException extends Exception {
    private static final long serialVersionUID = 1;

    /**
     * A command that failed.
     *
     * @param message for people
     */
    public VmException(String message) {
        super(message);
    }

    /**
     * A command that failed, and what was thrown.
     *
     * @param message for people
     * @param cause what was thrown, never an object of a plugin's class
     */
    public VmException(String message, Throwable cause) {
        super(message, cause);
    }
}
