package dev.backplane.api.part;

/**
 * Options that cannot work. The message is shown to the person who wrote the VM file: it names the option, the value, what
 * was expected and what to do. The kernel prefixes file, line and key.
 */
public final class ConfigurationException extends Exception {
    private static final long serialVersionUID = 1;

    /**
     * Options that cannot work.
     *
     * @param message for the person who wrote the VM file
     */
    public ConfigurationException(String message) {
        super(message);
    }

    /**
     * Options that cannot work, and what was thrown.
     *
     * @param message for the person who wrote the VM file
     * @param cause what was thrown
     */
    public ConfigurationException(String message, Throwable cause) {
        super(message, cause);
    }
}
