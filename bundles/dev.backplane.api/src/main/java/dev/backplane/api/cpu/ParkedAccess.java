package dev.backplane.api.cpu;

/**
 * Thrown by an {@link ExitHandler} whose bay is not running: the access has not happened and will be made again. The one
 * instance carries no stack, so that throwing it costs nothing.
 */
public final class ParkedAccess extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** The only instance. */
    public static final ParkedAccess INSTANCE = new ParkedAccess();

    private ParkedAccess() {
        super("the bay is not running", null, false, false);
    }
}
