package dev.backplane.api.network;

import dev.backplane.api.part.Part;
import java.util.Set;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A device's port on a network, in a bay of its own. {@link #send} and {@link #receive} are called on threads of devices between {@link
 * #resume} and the next {@link #quiesce}, never during a life-cycle call; they must not block and allocate nothing: frames wait in bounded
 * queues (see {@link FrameQueue}) that threads of {@link dev.backplane.api.part.PartContext#executor} empty and fill. Whoever sends faster
 * than a queue is emptied is refused or, where he cannot be made to wait, loses frames: that is what a network does.
 *
 * @param <S> its state: what is still in its queues belongs to it
 */
@ConsumerType
public interface NetworkPort<S extends Record> extends Part<S> {
    /**
     * Takes a frame from the device. Called on several threads at once.
     *
     * @param frame not to be kept; asks for nothing but {@link #offloads}. Its bytes are the guest's: believe nothing
     * @return false when there is no room; call {@link NetworkContext#writable} when there is again
     */
    boolean send(Frame frame);

    /**
     * Gives a frame to the device. Called on one thread at a time.
     *
     * @param frame to be filled, not to be kept; has room for {@link Frame#MOST_BYTES}. It may ask for work that the device has to do
     * @return false when there is none; call {@link NetworkContext#readable} when there is
     */
    boolean receive(Frame frame);

    /**
     * What frames may ask of this network. Fixed for the part's life.
     *
     * @return nothing unless overridden
     */
    default Set<Offload> offloads() {
        return Set.of();
    }

    /**
     * Whether the cable is in. Call {@link NetworkContext#linkChanged} when that changes.
     *
     * @return true unless overridden
     */
    default boolean isUp() {
        return true;
    }

    /**
     * The longest packet that passes, without its Ethernet header. Fixed for the part's life.
     *
     * @return 68 to 65535 bytes; 1500 unless overridden
     */
    default int mtuBytes() {
        return 1500;
    }
}
