package dev.backplane.api.machine;

import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.Shape;
import dev.backplane.api.part.ConfigurationException;
import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Implemented by a {@link Board} whose PCI devices may come and go while the machine runs. Calls come on a kernel thread, one at a time,
 * also while vCPUs run; they do not block.
 *
 * <p>A device's way is {@link #plug}, {@link #insert}, {@link #askToRelease}, {@link #unplug}; the last one may follow each of the others.
 */
@ConsumerType
public interface HotPlugBoard extends PciBoard {
    /**
     * Takes a free slot for a device, which the guest does not see yet. {@link #port} knows it from now on.
     *
     * @param device the bay's identifier, no other device's
     * @param shape what the guest is going to see: a PCI function alone
     * @param windows the handlers by window name; the bay's own, which stay while parts come and go
     * @throws ConfigurationException when no slot is free, or the shape has more than a PCI function
     */
    void plug(String device, Shape shape, Map<String, RegisterHandler> windows) throws ConfigurationException;

    /**
     * Shows it to the guest, whose driver is told.
     *
     * @param device a device that has been plugged
     */
    void insert(String device);

    /**
     * Asks the guest to let a device go, as the button at its slot would. A guest may refuse, ignore it, or take its time.
     *
     * @param device a device that has been inserted
     * @param released called once, on any thread and perhaps at once, when the guest does not use the device any more; must not block.
     *     Asking again replaces it
     */
    void askToRelease(String device, Runnable released);

    /**
     * Takes a device out, whether the guest has released it or not. Its windows are not called any more by accesses that begin later.
     *
     * @param device a device that has been plugged
     */
    void unplug(String device);
}
