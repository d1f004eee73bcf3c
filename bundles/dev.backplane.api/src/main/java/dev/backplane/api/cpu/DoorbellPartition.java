package dev.backplane.api.cpu;

import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Implemented by a {@link Partition} that can take doorbells off the vCPUs' hands: a write there goes to no {@link ExitHandler}, and its
 * vCPU goes on at once. Callable on any thread, also on a vCPU's in the midst of an exit.
 */
@ConsumerType
public interface DoorbellPartition extends Partition {
    /**
     * Connects a doorbell.
     *
     * @param doorbell the write; no other one that is connected is the same
     * @param rung called soon after such a write, on a thread of the partition's, once for several that came at the same time; does not
     *     block, throws nothing. What was written before the vCPUs came out has been told when {@link #quiesce} returns
     * @return the connection, which also ends with {@link #save} and {@link #close}; empty where the host takes no more: the writes are
     *     exits then, as they are without this interface
     */
    Optional<Connection> connect(Doorbell doorbell, Runnable rung);

    /** A doorbell that has been connected. */
    interface Connection extends AutoCloseable {
        /** From its return on such writes are exits again. What came before is told, perhaps on this thread. A second call does nothing. */
        @Override
        void close();
    }
}
