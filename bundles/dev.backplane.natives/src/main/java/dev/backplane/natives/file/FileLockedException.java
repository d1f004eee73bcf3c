package dev.backplane.natives.file;

import dev.backplane.natives.HostException;
import java.io.Serial;
import java.nio.file.Path;

/** A file that someone else has locked. */
public final class FileLockedException extends HostException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient LockHolder holder;

    public FileLockedException(Path path, LockMode wanted, LockHolder holder) {
        super(
                "lock(" + path + ", " + wanted + ")",
                "EAGAIN",
                "the file is in use: " + holder.describe() + " holds it " + holder.mode()
                        + "; stop that program, or give this one a copy of the file");
        this.holder = holder;
    }

    /** Who holds it. */
    public LockHolder holder() {
        return holder;
    }
}
