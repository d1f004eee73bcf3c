package dev.backplane.api.state;

/** A state that a part cannot go on from. The message names the field, the value and what was expected. */
public final class StateException extends Exception {
    private static final long serialVersionUID = 1;

    /**
     * A state that cannot be used.
     *
     * @param message names the field, the value and what was expected
     */
    public StateException(String message) {
        super(message);
    }

    /**
     * A state that cannot be used, and what was thrown.
     *
     * @param message names the field, the value and what was expected
     * @param cause what was thrown
     */
    public StateException(String message, Throwable cause) {
        super(message, cause);
    }
}
