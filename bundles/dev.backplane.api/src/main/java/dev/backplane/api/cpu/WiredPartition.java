package dev.backplane.api.cpu;

import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/** Implemented by a {@link Partition} that has shorter ways for interrupt messages than {@link Partition#message}. */
@ConsumerType
public interface WiredPartition extends Partition {
    /**
     * A wire for one message. Callable on any thread, also on a vCPU's in the midst of an exit.
     *
     * @return a wire that leads nowhere yet, and ends with {@link #save} and {@link #close} at the latest; empty where the host has no
     *     more of them: its message takes the long way then
     */
    Optional<MessageWire> wire();
}
