package dev.backplane.natives.file;

import java.nio.file.Path;
import org.osgi.annotation.versioning.ProviderType;

/** A lock that is held until it is closed, or until the process ends, however it ends. */
@ProviderType
public interface FileLock extends AutoCloseable {

    Path path();

    LockMode mode();

    /** Gives the lock up. A second call does nothing. */
    @Override
    void close();
}
