package dev.backplane.api.device.virtio;

import dev.backplane.api.part.Deadline;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A virtio device without its transport. Queues move in when the driver is ready and out when the device comes to rest:
 *
 * <pre>{@code
 *            activate                      process*
 *   idle  -------------->  active (queues here)  ---.
 *         <--------------                           |
 *            deactivate                        <----'
 * }</pre>
 *
 * <p>{@link #activate} and {@link #deactivate} come one at a time, on threads that may block; {@link #process} between them, for each
 * queue on one thread at a time, for several queues at once. Configuration is accessed on vCPU threads at any time.
 */
@ConsumerType
public interface VirtioDevice {
    /**
     * The driver is ready (DRIVER_OK, 3.1.1), or the machine goes on with a driver that was. Each queue is processed once afterwards,
     * whether it was notified or not.
     *
     * @param features what was negotiated, the transport's features included
     * @param queues the queues by number; one that the driver has not enabled is always empty
     */
    void activate(long features, List<Virtqueue> queues);

    /**
     * The device comes to rest: the driver resets it, or the machine quiesces it. When this returns, every chain that was taken from a
     * queue has been completed or put back, and the queues are not touched any more.
     *
     * @param deadline when the caller gives up
     * @throws InterruptedException when the wait is interrupted
     */
    void deactivate(Deadline deadline) throws InterruptedException;

    /**
     * There may be buffers in a queue: take them until there are none.
     *
     * @param queue the queue's number
     */
    void process(int queue);

    /**
     * The driver has reset the device, which is at rest: what that driver has set is to be forgotten (2.4). A machine's own reset comes
     * as {@link dev.backplane.api.device.Device#reset}. Called on vCPU and other threads; does not block.
     */
    default void driverReset() {}

    /**
     * A read of the configuration. On a vCPU thread; does not block.
     *
     * @param offset the first byte, within the profile's configuration
     * @param size 1, 2, 4 or 8 bytes, wholly within it
     * @return the value, little-endian
     */
    default long readConfiguration(int offset, int size) {
        return 0;
    }

    /**
     * A write of the configuration. On a vCPU thread; does not block.
     *
     * @param offset the first byte, within the profile's configuration
     * @param size 1, 2, 4 or 8 bytes, wholly within it
     * @param value the value, little-endian
     */
    default void writeConfiguration(int offset, int size, long value) {}
}
