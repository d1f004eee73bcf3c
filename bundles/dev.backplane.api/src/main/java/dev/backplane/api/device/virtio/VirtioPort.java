package dev.backplane.api.device.virtio;

import dev.backplane.api.part.Deadline;
import java.util.Map;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The transport of one device: registers, negotiation, rings, interrupts. The part's life-cycle methods are passed on to the methods of
 * the same names.
 */
@ProviderType
public interface VirtioPort extends AutoCloseable {
    /**
     * For {@link dev.backplane.api.part.Part#quiesce}: the device is deactivated, and its queues rest.
     *
     * @param deadline when the kernel gives up waiting
     * @throws InterruptedException when the wait is interrupted
     */
    void quiesce(Deadline deadline) throws InterruptedException;

    /**
     * For {@link dev.backplane.api.part.Part#save}.
     *
     * @return the transport's state, a component of the device's own
     */
    VirtioState save();

    /** For {@link dev.backplane.api.part.Part#resume}: a driver that was ready finds its device active again. */
    void resume();

    /** For {@link dev.backplane.api.device.Device#reset}. */
    void reset();

    /**
     * Has a queue processed as if its driver had notified it: for a device that had to leave buffers in it, since it waited for
     * something. Nothing happens while the device is not active: all queues are processed when it is. Callable on any thread; does
     * not block.
     *
     * @param queue the queue's number
     */
    void process(int queue);

    /** Tells the driver that the configuration has changed (2.5). Callable on any thread; does not block. */
    void configurationChanged();

    /**
     * Tells the driver that the device cannot go on without a reset (2.1.1). Callable on any thread; does not block.
     *
     * @param reason for the log
     */
    void needsReset(String reason);

    /**
     * For {@link dev.backplane.api.part.Measured#statistics}: how its queues stand, so that somebody whose guest waits for the device can tell
     * which of the two waits for the other. Each name begins with the queue's, {@code queue0-}, and goes on with
     *
     * <ul>
     *   <li>{@code notified}: how often the driver has notified it since the part was made
     *   <li>{@code interrupts}: how often it has interrupted the guest since it was activated last
     *   <li>{@code available}: buffers that the driver has made available and the device has not taken; 1 stands for any number in a packed
     *       ring
     *   <li>{@code taken}: buffers that the device has, and has not given back
     * </ul>
     *
     * Figures may be a moment old. Callable on any thread; does not block.
     *
     * @return by name; of queues that are not enabled only how often they were notified
     */
    Map<String, Long> statistics();

    /** For {@link dev.backplane.api.part.Part#close}. */
    @Override
    void close();
}
