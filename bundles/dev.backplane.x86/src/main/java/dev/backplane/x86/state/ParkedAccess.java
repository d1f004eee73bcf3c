package dev.backplane.x86.state;

/**
 * Thrown by a {@link Platform} whose device is away: the access has not happened. The instruction is abandoned without a
 * trace (a REP instruction keeps the iterations that are complete), {@code rip} points at it, and the engine returns
 * {@code PARKED}.
 */
public final class ParkedAccess extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The only instance that is needed: it carries nothing. */
    public static final ParkedAccess INSTANCE = new ParkedAccess();

    private ParkedAccess() {
        super("access to a device that is away", null, false, false);
    }
}
