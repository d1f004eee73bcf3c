package dev.backplane.api.cpu;

import org.osgi.annotation.versioning.ConsumerType;

/** A short way for one interrupt message into the local APICs. */
@ConsumerType
public interface MessageWire extends AutoCloseable {
    /**
     * Says what {@link #signal} sends from now on. Called by one thread at a time; may take some milliseconds.
     *
     * @param address the message's address, as for {@link Partition#message}
     * @param data the message's data
     * @return false where the host refuses, or the wire has ended: it leads where it led before
     */
    boolean route(long address, int data);

    /**
     * Sends the message. Callable on any thread, after the first {@link #route}; takes no lock, allocates nothing, does not block.
     *
     * @return false where the wire has ended: nothing was sent
     */
    boolean signal();

    /** Ends it. What was signalled before has reached the local APICs when this returns. A second call does nothing. */
    @Override
    void close();
}
