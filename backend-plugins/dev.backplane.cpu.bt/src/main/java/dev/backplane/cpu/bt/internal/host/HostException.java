package dev.backplane.cpu.bt.internal.host;

/** The host refused something that translated code needs. */
public final class HostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    HostException(String message) {
        super(message);
    }
}
