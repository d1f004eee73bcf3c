package dev.backplane.gdb;

import org.osgi.annotation.versioning.ProviderType;

/** A port at which gdb finds a machine. */
@ProviderType
public interface GdbPort extends AutoCloseable {
    /**
     * Where it listens, as gdb's {@code target remote} takes it.
     *
     * @return for instance {@code 127.0.0.1:1234}
     */
    String address();

    /** Detaches from the machine, which goes on, and listens no more. */
    @Override
    void close();
}
