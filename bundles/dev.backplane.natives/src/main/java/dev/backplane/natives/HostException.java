package dev.backplane.natives;

import java.io.IOException;
import java.io.Serial;

/**
 * A call to the host's kernel that failed. The message names the call, its arguments and the error.
 *
 * <p>Callers may match on {@link #errno()}, whose names are those of {@code errno(3)} and stable.
 */
public class HostException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String errno;
    private final String call;

    /**
     * @param call the call with its arguments, such as {@code open(/img/a.raw, O_RDWR)}
     * @param errno the error's symbolic name, such as {@code ENOENT}
     * @param description what the error means, or what to do about it
     */
    public HostException(String call, String errno, String description) {
        super(call + ": " + errno + ": " + description);
        this.errno = errno;
        this.call = call;
    }

    /** The error's symbolic name, such as {@code ENOENT}. */
    public String errno() {
        return errno;
    }

    /** The call with its arguments. */
    public String call() {
        return call;
    }
}
