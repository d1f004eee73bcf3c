package dev.backplane.api.device.pci;

import dev.backplane.api.device.InterruptLine;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A device's interrupts on the PCI bus. Boards implement it, devices get it from {@link
 * dev.backplane.api.device.DeviceContext#pci}. Callable on any thread; does not block, allocates nothing.
 */
@ConsumerType
public interface PciPort {
    /**
     * Whether the guest has switched to message-signalled interrupts (PCI Local Bus 3.0, 6.8.2.3): the pin is silent then.
     *
     * @return true once MSI-X is enabled
     */
    boolean messagesEnabled();

    /**
     * Signals a vector. While it is masked, its pending bit is set, and it is signalled when it is unmasked; while messages are not
     * enabled nothing happens.
     *
     * @param vector 0 to one less than the function's {@link PciFunction#messages}; others are ignored, since guests choose them
     */
    void message(int vector);

    /**
     * The interrupt pin. Its level survives the part.
     *
     * @return the line; one that leads nowhere for a function without a pin
     */
    InterruptLine pin();
}
